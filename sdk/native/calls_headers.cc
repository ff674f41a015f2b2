// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Host functions: header maps.
#include <string>
#include <string_view>

#include "calls.h"
#include "maps.h"

namespace {

using namespace shim;

constexpr uint32_t kLast = kCalloutTrailers;

bool readable(uint32_t map) {
  if (map == kCalloutHeaders) return vm().answer.readable;
  return stream() != nullptr && stream()->readable(map);
}

bool writable(uint32_t map) { return stream() != nullptr && stream()->writable(map); }

// What Envoy's Wasm says of a map that is not there now.
uint32_t missing(uint32_t map) {
  if (map == kCalloutTrailers && vm().answer.readable) refuse("trailers of a callout");
  return stream() != nullptr && stream()->log_phase ? kNotFound : kBadArgument;
}

bool find(uint32_t map, std::string_view name, std::string_view& value) {
  if (map != kCalloutHeaders) return maps::find(*stream(), map, name, value);
  const std::string key = maps::lower(name);
  for (const auto& each : vm().answer.headers)
    if (name_of(each) == key) return value = value_of(each), true;
  return false;
}

Headers all(uint32_t map) {
  return map == kCalloutHeaders ? vm().answer.headers : maps::all(*stream(), map);
}

}  // namespace

SHIM_EXPORT uint32_t proxy_get_header_map_value(uint32_t map, const char* key, size_t key_size,
                                                const char** value, size_t* size) {
  CALL("proxy_get_header_map_value", map, key, key_size, value, size);
  if (map > kLast) return call.end(kBadArgument);
  if (!readable(map)) return call.end(missing(map));
  std::string_view found;
  if (!find(map, {key, key_size}, found)) return call.end(kNotFound);
  return call.end(vm().give(found, value, size));
}

SHIM_EXPORT uint32_t proxy_add_header_map_value(uint32_t map, const char* key, size_t key_size,
                                                const char* value, size_t size) {
  CALL("proxy_add_header_map_value", map, key, key_size, value, size);
  if (map > kLast || !writable(map)) return call.end(kBadArgument);
  maps::add(*stream(), map, {key, key_size}, {value, size});
  return call.end(kOk);
}

SHIM_EXPORT uint32_t proxy_replace_header_map_value(uint32_t map, const char* key, size_t key_size,
                                                    const char* value, size_t size) {
  CALL("proxy_replace_header_map_value", map, key, key_size, value, size);
  if (map > kLast || !writable(map)) return call.end(kBadArgument);
  maps::set(*stream(), map, {key, key_size}, {value, size});
  return call.end(kOk);
}

SHIM_EXPORT uint32_t proxy_remove_header_map_value(uint32_t map, const char* key, size_t key_size) {
  CALL("proxy_remove_header_map_value", map, key, key_size);
  if (map > kLast || !writable(map)) return call.end(kBadArgument);
  maps::remove(*stream(), map, {key, key_size});
  return call.end(kOk);
}

SHIM_EXPORT uint32_t proxy_get_header_map_pairs(uint32_t map, const char** pairs, size_t* size) {
  CALL("proxy_get_header_map_pairs", map, pairs, size);
  if (map > kLast) return call.end(kBadArgument);
  const Headers headers = readable(map) ? all(map) : Headers();
  if (headers.empty()) {
    if (map == kCalloutTrailers) missing(map);
    return call.end(vm().give({}, pairs, size));
  }
  *size = pairs_size(headers);
  char* room = vm().allocate(*size);
  write_pairs(headers, room);
  *pairs = room;
  return call.end(kOk);
}

SHIM_EXPORT uint32_t proxy_set_header_map_pairs(uint32_t map, const char* pairs, size_t size) {
  CALL("proxy_set_header_map_pairs", map, pairs, size);
  if (map > kLast || !writable(map)) return call.end(kBadArgument);
  maps::assign(*stream(), map, read_pairs({pairs, size}));
  return call.end(kOk);
}

SHIM_EXPORT uint32_t proxy_get_header_map_size(uint32_t map, size_t* size) {
  CALL("proxy_get_header_map_size", map, size);
  if (map > kLast || !writable(map)) return call.end(kBadArgument);
  *size = 0;
  for (const auto& each : all(map)) *size += each.name_size + each.value_size;
  return call.end(kOk);
}
