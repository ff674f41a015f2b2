// A block of DEFLATE with codes of its own (RFC 1951, 3.2.7). Part of the pinned encoder (see
// deflate.h): every choice here shows in digests.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "bit_writer.h"
#include "huffman.h"
#include "lz77.h"

namespace tamis {

namespace detail {

inline constexpr size_t kLiterals = 286, kDistances = 30, kLengthCodes = 19;
inline constexpr uint32_t kEnd = 256;
inline constexpr uint8_t kLongest = 15, kLongestOfLengths = 7;
// The order in which the lengths of the code of lengths are written.
inline constexpr std::array<size_t, kLengthCodes> kOrder = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                            11, 4,  12, 3, 13, 2, 14, 1, 15};

// A symbol and what follows its code.
struct Coded {
  uint32_t symbol = 0;
  Bits extra;
};

// Bins of RFC 1951, 3.2.5: 2^`fine` of each width, 2^`fine` more of the least.
inline Coded bin(uint32_t value, size_t fine) {
  if (value < 2U << fine) return {value, {}};
  const size_t extra = std::bit_width(value) - 1 - fine;
  return {static_cast<uint32_t>((extra << fine) + (value >> extra)),
          {value & ((1U << extra) - 1), extra}};
}
// The longest has a symbol of its own.
inline Coded coded_length(uint32_t length) {
  Coded out = length == kMaxMatch ? Coded{28, {}} : bin(length - 3, 2);
  out.symbol += kEnd + 1;
  return out;
}
inline Coded coded_distance(uint32_t distance) { return bin(distance - 1, 1); }

inline void trim(std::vector<uint8_t>& lengths, size_t least) {
  while (lengths.size() > least && lengths.back() == 0) lengths.pop_back();
}

// Runs: 0 to 15 are a length, 16 repeats the last, 17 and 18 are runs of zeros.
inline std::vector<Coded> runs(const std::vector<uint8_t>& lengths) {
  std::vector<Coded> out;
  for (auto at = lengths.begin(); at != lengths.end();) {
    const uint32_t value = *at;
    const auto end = std::find_if(at, lengths.end(), [value](uint8_t l) { return l != value; });
    auto run = static_cast<uint32_t>(end - at);
    at = end;
    if (value != 0) {
      out.push_back({value, {}});
      --run;
    }
    while (run >= 3) {
      const uint32_t now = std::min(run, value != 0 ? 6U : 138U);
      if (value != 0)
        out.push_back({16, {now - 3, 2}});
      else if (now <= 10)
        out.push_back({17, {now - 3, 3}});
      else
        out.push_back({18, {now - 11, 7}});
      run -= now;
    }
    out.insert(out.end(), run, {value, {}});
  }
  return out;
}

inline void write_lengths(std::vector<uint8_t> literals, std::vector<uint8_t> distances,
                          BitWriter& out) {
  trim(literals, kEnd + 1);
  trim(distances, 1);
  out.put({static_cast<uint32_t>(literals.size() - kEnd - 1), 5});
  out.put({static_cast<uint32_t>(distances.size() - 1), 5});
  std::vector<uint8_t>& both = literals;
  both.insert(both.end(), distances.begin(), distances.end());
  const std::vector<Coded> coded = runs(both);
  std::vector<uint32_t> weights(kLengthCodes);
  for (const Coded& run : coded) ++weights[run.symbol];
  const std::vector<uint8_t> lengths = code_lengths(weights, kLongestOfLengths);
  std::vector<uint8_t> ordered(kLengthCodes);
  std::transform(kOrder.begin(), kOrder.end(), ordered.begin(),
                 [&](size_t symbol) { return lengths[symbol]; });
  trim(ordered, 4);
  out.put({static_cast<uint32_t>(ordered.size() - 4), 4});
  for (const uint8_t length : ordered) out.put({length, 3});
  const std::vector<Bits> written = codes(lengths);
  for (const Coded& run : coded) {
    out.put(written[run.symbol]);
    out.put(run.extra);
  }
}

}  // namespace detail

// One block: its code lengths, its tokens (fewer than 2^32), its end.
inline void write_block(std::span<const Token> tokens, bool final, BitWriter& out) {
  using namespace detail;
  std::vector<uint32_t> literals(kLiterals), distances(kDistances);
  for (const Token& token : tokens) {
    if (token.distance == 0) {
      ++literals[token.length];
    } else {
      ++literals[coded_length(token.length).symbol];
      ++distances[coded_distance(token.distance).symbol];
    }
  }
  literals[kEnd] = 1;
  const std::vector<uint8_t> literal_lengths = code_lengths(literals, kLongest);
  const std::vector<uint8_t> distance_lengths = code_lengths(distances, kLongest);
  out.put({final, 1});
  out.put({2, 2});  // its codes are its own
  write_lengths(literal_lengths, distance_lengths, out);
  const std::vector<Bits> literal_codes = codes(literal_lengths);
  const std::vector<Bits> distance_codes = codes(distance_lengths);
  for (const Token& token : tokens) {
    if (token.distance == 0) {
      out.put(literal_codes[token.length]);
      continue;
    }
    const Coded length = coded_length(token.length), distance = coded_distance(token.distance);
    out.put(literal_codes[length.symbol]);
    out.put(length.extra);
    out.put(distance_codes[distance.symbol]);
    out.put(distance.extra);
  }
  out.put(literal_codes[kEnd]);
}

}  // namespace tamis
