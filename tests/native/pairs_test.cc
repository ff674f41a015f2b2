#include "native/pairs.h"

#include "check.h"
#include "native/headers.h"

static std::string serialized(size_t count, const std::string& value = "v") {
  tamis::HeaderMap map;
  for (size_t i = 0; i < count; ++i) map.append("n", value);
  std::string bytes(map.serialized_size(), '\0');
  map.serialize(bytes.data());
  return bytes;
}

static size_t read(const std::string& bytes) {
  tamis::Pairs pairs{{"left", "over"}};
  tamis::read_pairs(bytes, pairs);
  return pairs.size();
}

static void reads_back() {
  tamis::Pairs pairs;
  const std::string bytes = serialized(3, "value");
  CHECK(tamis::read_pairs(bytes, pairs) && pairs.size() == 3);
  CHECK(pairs[2].first == "n" && pairs[2].second == "value");
}

static void malformed_is_empty() {
  const std::string good = serialized(2);
  CHECK(read(good) == 2);
  CHECK(read("") == 0 && read("abc") == 0);
  for (size_t cut = 0; cut < good.size(); ++cut) CHECK(read(good.substr(0, cut)) == 0);
  CHECK(read(good + '\0') == 0);
  std::string unterminated = good;
  unterminated.back() = 'x';
  CHECK(read(unterminated) == 0);
  std::string long_key = good;
  long_key[5] = '\x7f';
  CHECK(read(long_key) == 0);
  std::string huge = good;
  for (int i = 0; i < 4; ++i) huge[static_cast<size_t>(i)] = '\xff';
  CHECK(read(huge) == 0);
}

static void limits() {
  CHECK(read(serialized(tamis::kPairsMaxCount)) == tamis::kPairsMaxCount);
  CHECK(read(serialized(tamis::kPairsMaxCount + 1)) == 0);
  const size_t overhead = serialized(1, "").size();
  CHECK(read(serialized(1, std::string(tamis::kPairsMaxBytes - overhead, 'v'))) == 1);
  CHECK(read(serialized(1, std::string(tamis::kPairsMaxBytes - overhead + 1, 'v'))) == 0);
}

int main() {
  reads_back();
  malformed_is_empty();
  limits();
}
