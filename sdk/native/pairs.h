// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Pairs as they travel between a twin and its host: a count, the sizes of each name and value, then
// each followed by NUL.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "tamis/backend/envoy_abi.h"

namespace shim {

namespace envoy = tamis::envoy;

using Headers = std::vector<envoy::Header>;

inline std::string_view name_of(const envoy::Header& header) {
  return {header.name, header.name_size};
}
inline std::string_view value_of(const envoy::Header& header) {
  return {header.value, header.value_size};
}

// Views into `bytes`. What is malformed or above Envoy's limits is an empty map, as Envoy takes it.
inline Headers read_pairs(std::string_view bytes) {
  constexpr size_t kMost = 1024, kMostBytes = 1048576;
  const auto number = [&](size_t at) {
    uint32_t value = 0;
    std::memcpy(&value, bytes.data() + at, sizeof(value));
    return size_t{value};
  };
  Headers found;
  if (bytes.size() < 4 || bytes.size() > kMostBytes) return found;
  const size_t count = number(0);
  size_t at = 4 + count * 8;
  if (count > kMost || at > bytes.size()) return found;
  const auto fits = [&](size_t size) {
    return size < bytes.size() - at && bytes[at + size] == '\0';
  };
  for (size_t i = 0; i < count; ++i) {
    envoy::Header header{nullptr, number(4 + i * 8), nullptr, number(8 + i * 8)};
    if (!fits(header.name_size)) return {};
    header.name = bytes.data() + at;
    at += header.name_size + 1;
    if (!fits(header.value_size)) return {};
    header.value = bytes.data() + at;
    at += header.value_size + 1;
    found.push_back(header);
  }
  return at == bytes.size() ? found : Headers();
}

inline size_t pairs_size(const Headers& headers) {
  size_t size = 4;
  for (const envoy::Header& each : headers) size += 8 + each.name_size + each.value_size + 2;
  return size;
}

// Writes pairs_size(headers) bytes.
inline void write_pairs(const Headers& headers, char* to) {
  const auto number = [&](size_t value) {
    const auto narrow = static_cast<uint32_t>(value);
    std::memcpy(to, &narrow, sizeof(narrow));
    to += sizeof(narrow);
  };
  const auto text = [&](const char* from, size_t size) {
    if (size != 0) std::memcpy(to, from, size);
    to += size;
    *to++ = '\0';
  };
  number(headers.size());
  for (const envoy::Header& each : headers) number(each.name_size), number(each.value_size);
  for (const envoy::Header& each : headers) {
    text(each.name, each.name_size);
    text(each.value, each.value_size);
  }
}

}  // namespace shim
