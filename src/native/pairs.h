// The ABI's serialization of key/value pairs, as guests hand it to the host.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "abi_table.h"

namespace tamis {

// Views into the bytes they were read from.
using Pairs = std::vector<std::pair<std::string_view, std::string_view>>;

// Reads `bytes` into `out`. Anything malformed, trailing bytes, more than kPairsMaxBytes or
// kPairsMaxCount: `out` is empty, which is what Envoy makes of it, silently; false tells.
inline bool read_pairs(std::string_view bytes, Pairs& out) {
  out.clear();
  const auto number = [&](size_t at) {
    uint32_t value = 0;
    std::memcpy(&value, bytes.data() + at, 4);
    return value;
  };
  if (bytes.size() < 4 || bytes.size() > kPairsMaxBytes) return bytes.empty();
  const size_t count = number(0);
  size_t at = 4 + count * 8;
  if (count > kPairsMaxCount || at > bytes.size()) return false;
  const auto take = [&](size_t size, std::string_view& into) {
    if (size >= bytes.size() - at || bytes[at + size] != '\0') return false;
    into = bytes.substr(at, size);
    at += size + 1;
    return true;
  };
  for (size_t i = 0; i < count; ++i) {
    std::pair<std::string_view, std::string_view> pair;
    if (!take(number(4 + i * 8), pair.first) || !take(number(8 + i * 8), pair.second)) {
      out.clear();
      return false;
    }
    out.push_back(pair);
  }
  if (at == bytes.size()) return true;
  out.clear();
  return false;
}

}  // namespace tamis
