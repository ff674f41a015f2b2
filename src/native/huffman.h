// Huffman codes of DEFLATE (RFC 1951, 3.2.2): lengths from frequencies, codes from lengths. Part of
// the pinned encoder (see deflate.h): which of several optimal codes it is shows in digests.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "bit_writer.h"

namespace tamis {

namespace detail {

// Lengths of any size. Of equal weights the symbols go first, in their order, then what was merged.
inline std::vector<uint8_t> unlimited_lengths(const std::vector<uint32_t>& weights) {
  using Node = std::pair<uint32_t, size_t>;  // weight; index, which breaks ties
  std::priority_queue<Node, std::vector<Node>, std::greater<>> lightest;
  for (size_t symbol = 0; symbol < weights.size(); ++symbol)
    if (weights[symbol] != 0) lightest.emplace(weights[symbol], symbol);
  std::vector<size_t> parents(weights.size());
  while (lightest.size() > 1) {
    const Node left = lightest.top();
    lightest.pop();
    const Node right = lightest.top();
    lightest.pop();
    parents[left.second] = parents[right.second] = parents.size();
    lightest.emplace(left.first + right.first, parents.size());
    parents.push_back(0);
  }
  // A parent comes after its children; the last is the root.
  std::vector<uint8_t> depths(parents.size());
  for (size_t node = parents.size() - 1; node-- > 0;)
    if (parents[node] != 0) depths[node] = static_cast<uint8_t>(depths[parents[node]] + 1);
  depths.resize(weights.size());
  return depths;
}

}  // namespace detail

// A length for each symbol, 0 for those that never occur. Two always get a code: an incomplete code
// is refused by some decoders. Weights add up to less than 2^32; they are halved until no length is
// above `longest`.
inline std::vector<uint8_t> code_lengths(std::vector<uint32_t> weights, uint8_t longest) {
  const auto used = weights.size() - std::count(weights.begin(), weights.end(), 0U);
  if (used < 2) {
    if (weights[0] != 0) {
      weights[1] = 1;
    } else {
      weights[0] = 1;
      if (used == 0) weights[1] = 1;
    }
  }
  while (true) {
    std::vector<uint8_t> lengths = detail::unlimited_lengths(weights);
    if (*std::max_element(lengths.begin(), lengths.end()) <= longest) return lengths;
    for (uint32_t& weight : weights) weight = (weight + 1) / 2;
  }
}

// Canonical codes; their bits go out from the most significant on.
inline std::vector<Bits> codes(const std::vector<uint8_t>& lengths) {
  std::vector<Bits> out(lengths.size());
  uint32_t code = 0;
  const size_t longest = *std::max_element(lengths.begin(), lengths.end());
  for (size_t length = 1; length <= longest; ++length, code <<= 1)
    for (size_t symbol = 0; symbol < lengths.size(); ++symbol) {
      if (lengths[symbol] != length) continue;
      for (size_t bit = 0; bit < length; ++bit)
        out[symbol].value |= (code >> bit & 1) << (length - 1 - bit);
      out[symbol].size = length;
      ++code;
    }
  return out;
}

}  // namespace tamis
