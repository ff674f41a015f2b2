// Header maps, as Envoy answers for them in each phase.
#pragma once

#include "../host.h"

namespace tamis::hostcalls {

namespace detail {

inline constexpr uint32_t kLastMap = kHttpCallResponseTrailers;

// The map for reading; maps 4-7 are those of the callout the plugin hears of, whoever asks.
template <typename H>
const HeaderMap* readable(H& host, uint32_t map) {
  switch (map) {
    case kGrpcCallInitialMetadata:
      return host.plugin().grpc.headers;
    case kGrpcCallTrailingMetadata:
      return host.plugin().grpc.trailers;
    case kHttpCallResponseHeaders:
      return host.plugin().http.headers;
    case kHttpCallResponseTrailers:
      return host.plugin().http.trailers;
    default:
      return host.active().readable(map);
  }
}

template <typename H>
HeaderMap* writable(H& host, uint32_t map) {
  return map < 4 ? host.active().writable(map) : nullptr;
}

// Reads a name and a value and lets `Apply`, a member of HeaderMap, put them into the map.
template <auto Apply, typename H>
uint32_t change(H& host, uint32_t map, Address<H> key, Address<H> key_size, Address<H> value,
                Address<H> value_size) {
  if (map > kLastMap) return kBadArgument;
  const std::string_view name = host.read(key, key_size);
  const std::string_view text = host.read(value, value_size);
  if (name.data() == nullptr || text.data() == nullptr) return kInvalidMemoryAccess;
  HeaderMap* headers = writable(host, map);
  if (headers == nullptr) return kBadArgument;
  (headers->*Apply)(host.lowered(name), text);
  return kOk;
}

}  // namespace detail

template <typename H>
uint32_t proxy_get_header_map_value(H& host, uint32_t map, Address<H> key, Address<H> key_size,
                                    Address<H> value_out, Address<H> size_out) {
  if (map > detail::kLastMap) return kBadArgument;
  const std::string_view name = host.read(key, key_size);
  if (name.data() == nullptr) return kInvalidMemoryAccess;
  const uint32_t missing = host.abi == 0 ? kOk : kNotFound;
  const HeaderMap* headers = detail::readable(host, map);
  std::string_view value;
  if (headers == nullptr) {
    const bool logs = host.active().log_phase && !host.active().network;
    const uint32_t status = logs ? missing : kBadArgument;
    if (status != kOk) return status;
  } else {
    const size_t at = headers->find(host.lowered(name));
    if (at == HeaderMap::npos && missing != kOk) return missing;
    if (at != HeaderMap::npos) value = headers->value(at);
  }
  return host.give(value, value_out, size_out);
}

template <typename H>
uint32_t proxy_add_header_map_value(H& host, uint32_t map, Address<H> key, Address<H> key_size,
                                    Address<H> value, Address<H> value_size) {
  return detail::change<&HeaderMap::add>(host, map, key, key_size, value, value_size);
}

template <typename H>
uint32_t proxy_replace_header_map_value(H& host, uint32_t map, Address<H> key, Address<H> key_size,
                                        Address<H> value, Address<H> value_size) {
  return detail::change<&HeaderMap::replace>(host, map, key, key_size, value, value_size);
}

template <typename H>
uint32_t proxy_remove_header_map_value(H& host, uint32_t map, Address<H> key, Address<H> key_size) {
  if (map > detail::kLastMap) return kBadArgument;
  const std::string_view name = host.read(key, key_size);
  if (name.data() == nullptr) return kInvalidMemoryAccess;
  HeaderMap* headers = detail::writable(host, map);
  if (headers == nullptr) return kBadArgument;
  headers->remove(host.lowered(name));
  return kOk;
}

template <typename H>
uint32_t proxy_get_header_map_pairs(H& host, uint32_t map, Address<H> pairs_out,
                                    Address<H> size_out) {
  if (map > detail::kLastMap) return kBadArgument;
  const HeaderMap* headers = detail::readable(host, map);
  if (headers == nullptr || headers->empty()) return host.give({}, pairs_out, size_out);
  const size_t size = headers->serialized_size();
  Address<H> address = 0;
  char* bytes = host.allocate(size, address);
  if (bytes == nullptr) return kInvalidMemoryAccess;
  headers->serialize(bytes);
  host.counts.bytes_in += size;
  return host.give_range(address, size, pairs_out, size_out);
}

// Malformed or oversized pairs are an empty map: everything is erased, and the answer is OK.
template <typename H>
uint32_t proxy_set_header_map_pairs(H& host, uint32_t map, Address<H> pairs, Address<H> size) {
  if (map > detail::kLastMap) return kBadArgument;
  const std::string_view bytes = host.read(pairs, size);
  if (bytes.data() == nullptr) return kInvalidMemoryAccess;
  HeaderMap* headers = detail::writable(host, map);
  if (headers == nullptr) return kBadArgument;
  headers->clear();
  host.fill(*headers, bytes);
  return kOk;
}

template <typename H>
uint32_t proxy_get_header_map_size(H& host, uint32_t map, Address<H> size_out) {
  if (map > detail::kLastMap) return kBadArgument;
  const HeaderMap* headers = detail::writable(host, map);
  if (headers == nullptr) return kBadArgument;
  return host.write(size_out, static_cast<Address<H>>(headers->byte_size())) ? kOk
                                                                             : kInvalidMemoryAccess;
}

}  // namespace tamis::hostcalls
