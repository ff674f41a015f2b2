#include "native/deflate_block.h"

#include <string>

#include "check.h"
#include "inflate.h"

using namespace tamis;

static std::string block(const std::vector<Token>& tokens) {
  BitWriter out;
  write_block(tokens, true, out);
  out.fill();
  return out.take();
}

static std::string last_match(uint16_t distance, uint16_t length) {
  std::vector<Token> tokens;
  for (uint16_t at = 0; at < 256; ++at) tokens.push_back({0, at});
  for (int more = 0; more < 127; ++more) tokens.push_back({256, 256});
  tokens.push_back({distance, length});
  return inflate(block(tokens));
}

static void nothing() { CHECK(inflate(block({})).empty()); }

static void every_length() {
  // The longest could be written in two ways.
  CHECK(detail::coded_length(257).symbol == 284 && detail::coded_length(kMaxMatch).symbol == 285);
  for (uint16_t length = 3; length <= kMaxMatch; ++length) {
    const std::string out = last_match(1, length);
    CHECK(out.size() == 32768U + length && out.substr(32768) == std::string(length, '\xff'));
  }
}

static void every_distance() {
  const std::string whole = last_match(32768, 3).substr(0, 32768);
  for (uint32_t distance = 1; distance <= 32768; distance += distance < 300 ? 1 : 97) {
    std::string expected = whole;
    for (int more = 0; more < 3; ++more) expected += expected[expected.size() - distance];
    CHECK(last_match(static_cast<uint16_t>(distance), 3) == expected);
  }
}

// One length code after another: runs of zeros, of equal lengths, and over the end of the literals.
static void runs_of_lengths() {
  using detail::runs;
  const auto text = [](const std::vector<uint8_t>& lengths) {
    std::string out;
    for (const detail::Coded& run : runs(lengths)) {
      out += (out.empty() ? "" : " ") + std::to_string(run.symbol);
      if (run.extra.size > 0) out += "+" + std::to_string(run.extra.value);
    }
    return out;
  };
  CHECK(text({}).empty());
  CHECK(text({5, 5, 5}) == "5 5 5");
  CHECK(text({5, 5, 5, 5, 0, 0}) == "5 16+0 0 0");
  CHECK(text(std::vector<uint8_t>(8, 7)) == "7 16+3 7");
  CHECK(text(std::vector<uint8_t>(10, 0)) == "17+7");
  CHECK(text(std::vector<uint8_t>(11, 0)) == "18+0");
  CHECK(text(std::vector<uint8_t>(140, 0)) == "18+127 0 0");
  CHECK(text(std::vector<uint8_t>(141, 0)) == "18+127 17+0");
}

int main() {
  nothing();
  every_length();
  every_distance();
  runs_of_lengths();
}
