// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Header maps of a stream, by their numbers: Envoy's, or those of a local reply that is shown.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "stream.h"
#include "trace.h"

namespace shim::maps {

inline std::string lower(std::string_view name) {
  std::string text(name);
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 32);
  return text;
}

inline bool own(const Stream& stream, uint32_t map) {
  return map == kResponseHeaders && stream.shows_reply();
}

// False when there is none. `value`: of the first.
inline bool find(Stream& stream, uint32_t map, std::string_view name, std::string_view& value) {
  const std::string key = lower(name);
  if (own(stream, map)) {
    for (const auto& [known, text] : stream.reply.headers)
      if (known == key) return value = text, true;
    return false;
  }
  envoy::Bytes found{};
  size_t count = 0;
  envoy_dynamic_module_callback_http_get_header(stream.filter, map, {key.data(), key.size()},
                                                &found, 0, &count);
  value = {found.data, found.size};
  return count != 0;
}

inline size_t size(Stream& stream, uint32_t map) {
  return own(stream, map) ? stream.reply.headers.size()
                          : envoy_dynamic_module_callback_http_get_headers_size(stream.filter, map);
}

// Borrowed until the map changes.
inline Headers all(Stream& stream, uint32_t map) {
  Headers found;
  if (own(stream, map)) {
    for (const auto& [name, value] : stream.reply.headers)
      found.push_back({name.data(), name.size(), value.data(), value.size()});
    return found;
  }
  found.resize(size(stream, map));
  if (!found.empty())
    envoy_dynamic_module_callback_http_get_headers(stream.filter, map, found.data());
  return found;
}

inline void remove(Stream& stream, uint32_t map, std::string_view name) {
  const std::string key = lower(name);
  if (own(stream, map)) {
    std::erase_if(stream.reply.headers, [&](const auto& each) { return each.first == key; });
    return;
  }
  envoy_dynamic_module_callback_http_set_header(stream.filter, map, {key.data(), key.size()},
                                                {nullptr, 0});
}

inline void add(Stream& stream, uint32_t map, std::string_view name, std::string_view value) {
  std::string key = lower(name);
  if (own(stream, map)) {
    stream.reply.headers.emplace_back(std::move(key), value);
    return;
  }
  if (!envoy_dynamic_module_callback_http_add_header(stream.filter, map, {key.data(), key.size()},
                                                     {value.data(), value.size()}))
    refuse("a header without a value:", key);
}

inline void set(Stream& stream, uint32_t map, std::string_view name, std::string_view value) {
  std::string key = lower(name);
  if (own(stream, map)) {
    auto& headers = stream.reply.headers;
    const auto same = [&](const auto& each) { return each.first == key; };
    const auto at = std::find_if(headers.begin(), headers.end(), same);
    if (at == headers.end()) {
      headers.emplace_back(std::move(key), value);
      return;
    }
    at->second = value;
    headers.erase(std::remove_if(at + 1, headers.end(), same), headers.end());
    return;
  }
  if (value.empty()) refuse("a header without a value:", key);
  envoy_dynamic_module_callback_http_set_header(stream.filter, map, {key.data(), key.size()},
                                                {value.data(), value.size()});
}

// What was there goes, whatever the new ones are.
inline void assign(Stream& stream, uint32_t map, const Headers& headers) {
  OwnedHeaders before;
  for (const envoy::Header& each : all(stream, map)) before.emplace_back(name_of(each), "");
  for (const auto& [name, value] : before) remove(stream, map, name);
  for (const envoy::Header& each : headers) add(stream, map, name_of(each), value_of(each));
}

}  // namespace shim::maps
