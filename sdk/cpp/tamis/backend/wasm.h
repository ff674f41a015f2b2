// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The proxy-wasm back end: hostcalls of ABI 0.2.1, checked against what Envoy does.
#ifndef TAMIS_BACKEND_WASM_H_
#define TAMIS_BACKEND_WASM_H_

#include "tamis/backend/backend.h"
#include "tamis/backend/room.h"
#include "tamis/backend/wasm_given.h"
#include "tamis/backend/wasm_imports.h"
#include "tamis/backend/wasm_pairs.h"
#include "tamis/memory.h"
#include "tamis/types.h"

namespace tamis::backend {

inline void log(Level level, StringView line) { proxy_log(level, line.data(), line.size()); }

inline HeaderReader read_headers(Map map) {
  Given& pairs = given();
  proxy_get_header_map_pairs(map, &pairs.bytes, &pairs.size);
  return HeaderReader(pairs.view());
}

inline void add_header(Map map, StringView name, StringView value) {
  proxy_add_header_map_value(map, name.data(), name.size(), value.data(), value.size());
}

inline void set_header(Map map, StringView name, StringView value) {
  proxy_replace_header_map_value(map, name.data(), name.size(), value.data(), value.size());
}

inline void remove_header(Map map, StringView name) {
  proxy_remove_header_map_value(map, name.data(), name.size());
}

inline bool set_headers(Map map, Span<Header> headers) {
  if (headers.size() > kMostPairs || pairs_size(headers) > kMostPairBytes) return false;
  const StringView pairs = write_pairs(headers);
  return proxy_set_header_map_pairs(map, pairs.data(), pairs.size()) == 0;
}

inline StringView read_buffer(Buffer buffer, size_t start, size_t count) {
  Given& got = given();
  proxy_get_buffer_bytes(buffer, start, count, &got.bytes, &got.size);
  return got.view();
}

inline size_t buffer_size(Buffer buffer) {
  size_t size = 0;
  uint32_t flags = 0;
  return proxy_get_buffer_status(buffer, &size, &flags) == 0 ? size : 0;
}

inline void write_buffer(Buffer buffer, size_t start, size_t count, StringView bytes) {
  proxy_set_buffer_bytes(buffer, start, count, bytes.data(), bytes.size());
}

inline Maybe<StringView> property(StringView path) {
  Given& value = given();
  if (proxy_get_property(path.data(), path.size(), &value.bytes, &value.size) != 0) return {};
  return value.view();
}

inline bool set_property(StringView path, StringView value) {
  return proxy_set_property(path.data(), path.size(), value.data(), value.size()) == 0;
}

inline void reply(uint32_t status, StringView details, StringView body, Span<Header> headers,
                  int32_t grpc_status) {
  const StringView pairs = headers.empty() ? StringView() : write_pairs(headers);
  proxy_send_local_response(status, details.data(), details.size(), body.data(), body.size(),
                            pairs.data(), pairs.size(), grpc_status);
}

/// One bit for each Half.
inline constinit uint32_t resumes_ = 0;

inline void resume(Half half) { resumes_ |= 1U << static_cast<uint32_t>(half); }

inline void close(Half half) { proxy_close_stream(half); }

/// Most callbacks need no more of scratch().
alignas(8) inline constinit char room_[1024] = {};

/// What callbacks end with. The proxy takes a map away from who lets its message go, so that comes
/// after headers have written themselves back.
inline void end_callback() {
  while (resumes_ != 0) {
    proxy_continue_stream(static_cast<Half>(__builtin_ctz(resumes_)));
    resumes_ &= resumes_ - 1;
  }
  scratch().reset({room_, room_ + sizeof(room_)});
}

inline uint64_t now() {
  uint64_t nanoseconds = 0;
  proxy_get_current_time_nanoseconds(&nanoseconds);
  return nanoseconds;
}

}  // namespace tamis::backend

#endif  // TAMIS_BACKEND_WASM_H_
