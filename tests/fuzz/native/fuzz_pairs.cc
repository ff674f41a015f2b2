// The pairs codec: what a map writes is read back; what is malformed is refused and leaves nothing.
#include "fuzz.h"
#include "native/headers.h"
#include "native/pairs.h"

using tamis::HeaderMap;
using tamis::Pairs;

static std::string text(fuzz::Random& random) {
  std::string out(random.chance(50) ? random.below(5000) : random.below(12), '\0');
  for (char& c : out) c = static_cast<char>(random.next());
  return out;
}

static std::string serialized(const HeaderMap& map) {
  // Exactly as long as it says: the sanitizer sees one byte too many.
  std::string bytes(map.serialized_size(), '\x55');
  map.serialize(bytes.data());
  return bytes;
}

static HeaderMap rebuilt(const Pairs& pairs) {
  HeaderMap map;
  for (const auto& [name, value] : pairs) map.append(name, value);
  return map;
}

// Pseudo-headers move to the front in a map: a map in their order is its own image.
static void round_trip(fuzz::Random& random, std::string& bytes) {
  HeaderMap map;
  const size_t count = random.chance(100) ? 1000 + random.below(30) : random.below(8);
  for (size_t i = 0; i < count; ++i) map.append(text(random), text(random));
  bytes = serialized(map);
  Pairs pairs;
  const bool fits = count <= tamis::kPairsMaxCount && bytes.size() <= tamis::kPairsMaxBytes;
  CHECK(tamis::read_pairs(bytes, pairs) == fits);
  CHECK(pairs.size() == (fits ? count : 0));
  if (fits) CHECK(rebuilt(pairs) == map && serialized(rebuilt(pairs)) == bytes);
}

static void malformed(fuzz::Random& random, const std::string& good) {
  std::string copy = good;
  fuzz::damage(copy, random);
  // On the heap, with no byte behind its end.
  const std::vector<char> bytes(copy.begin(), copy.end());
  Pairs pairs{{"left", "over"}};
  const bool fine = tamis::read_pairs({bytes.data(), bytes.size()}, pairs);
  CHECK(fine || pairs.empty());
  if (!fine || bytes.empty()) return;
  // Accepted: then the sizes add up to all there is.
  size_t size = 4;
  for (const auto& [name, value] : pairs) size += 8 + name.size() + value.size() + 2;
  CHECK(size == bytes.size() && size <= tamis::kPairsMaxBytes);
}

int main() {
  fuzz::run("pairs", 200'000, 10, [](fuzz::Random& random) {
    std::string bytes;
    round_trip(random, bytes);
    for (int i = 0; i < 4; ++i) malformed(random, bytes);
  });
}
