#include "native/huffman.h"

#include "check.h"

using namespace tamis;

using Lengths = std::vector<uint8_t>;

static void what_is_frequent_is_short() {
  CHECK(code_lengths({5, 1, 1, 2, 0}, 15) == Lengths{1, 3, 3, 2, 0});
  // Of equal weights, the symbols are merged first, in their order.
  CHECK(code_lengths({1, 1, 2}, 15) == Lengths{2, 2, 1});
  CHECK(code_lengths({2, 1, 1}, 15) == Lengths{1, 2, 2});
  CHECK(code_lengths({1, 1, 1}, 15) == Lengths{2, 2, 1});
  CHECK(code_lengths({2, 1, 1, 2}, 15) == Lengths{2, 2, 2, 2});
}

static void two_always_have_a_code() {
  CHECK(code_lengths({0, 0, 0}, 15) == Lengths{1, 1, 0});
  CHECK(code_lengths({7, 0, 0}, 15) == Lengths{1, 1, 0});
  CHECK(code_lengths({0, 7, 0}, 15) == Lengths{1, 1, 0});
  CHECK(code_lengths({0, 0, 7}, 15) == Lengths{1, 0, 1});
}

static void no_length_is_above_the_longest() {
  std::vector<uint32_t> fibonacci = {1, 1};
  while (fibonacci.size() < 19) fibonacci.push_back(fibonacci.back() + *(fibonacci.end() - 2));
  const auto longest = [&](uint8_t limit) {
    const Lengths lengths = code_lengths(fibonacci, limit);
    uint32_t filled = 0;
    for (const uint8_t length : lengths) filled += 1U << (limit - length);
    CHECK(filled == 1U << limit);
    return *std::max_element(lengths.begin(), lengths.end());
  };
  CHECK(longest(18) == 18);
  CHECK(longest(15) <= 15);
  CHECK(longest(7) <= 7);
}

static void codes_are_canonical() {
  // RFC 1951, 3.2.2: 010 011 100 101 110 00 1110 1111, written from the left.
  const std::vector<Bits> out = codes({3, 3, 3, 3, 3, 2, 4, 4, 0});
  const std::vector<uint32_t> expected = {0b010, 0b110, 0b001, 0b101, 0b011, 0b00, 0b0111, 0b1111};
  for (size_t symbol = 0; symbol < expected.size(); ++symbol)
    CHECK(out[symbol].value == expected[symbol]);
  CHECK(out[0].size == 3 && out[5].size == 2 && out[7].size == 4 && out[8].size == 0);
}

int main() {
  what_is_frequent_is_short();
  two_always_have_a_code();
  no_length_is_above_the_longest();
  codes_are_canonical();
}
