// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The proxy-wasm back end: hostcalls of ABI 0.2.1, checked against what Envoy does.
#ifndef TAMIS_BACKEND_WASM_H_
#define TAMIS_BACKEND_WASM_H_

#include "tamis/backend/backend.h"
#include "tamis/memory.h"
#include "tamis/types.h"

#define TAMIS_IMPORT(name) [[clang::import_module("env"), clang::import_name(#name)]]

extern "C" {
TAMIS_IMPORT(proxy_log)
uint32_t proxy_log(tamis::Level level, const char* line, size_t size);
TAMIS_IMPORT(proxy_get_header_map_pairs)
uint32_t proxy_get_header_map_pairs(tamis::Map map, const char** pairs, size_t* size);
TAMIS_IMPORT(proxy_set_header_map_pairs)
uint32_t proxy_set_header_map_pairs(tamis::Map map, const char* pairs, size_t size);
TAMIS_IMPORT(proxy_add_header_map_value)
uint32_t proxy_add_header_map_value(tamis::Map map, const char* name, size_t name_size,
                                    const char* value, size_t value_size);
TAMIS_IMPORT(proxy_replace_header_map_value)
uint32_t proxy_replace_header_map_value(tamis::Map map, const char* name, size_t name_size,
                                        const char* value, size_t value_size);
TAMIS_IMPORT(proxy_remove_header_map_value)
uint32_t proxy_remove_header_map_value(tamis::Map map, const char* name, size_t name_size);
TAMIS_IMPORT(proxy_get_buffer_bytes)
uint32_t proxy_get_buffer_bytes(tamis::Buffer buffer, size_t start, size_t count,
                                const char** bytes, size_t* size);
TAMIS_IMPORT(proxy_get_buffer_status)
uint32_t proxy_get_buffer_status(tamis::Buffer buffer, size_t* size, uint32_t* flags);
TAMIS_IMPORT(proxy_set_buffer_bytes)
uint32_t proxy_set_buffer_bytes(tamis::Buffer buffer, size_t start, size_t count, const char* bytes,
                                size_t size);
TAMIS_IMPORT(proxy_get_property)
uint32_t proxy_get_property(const char* path, size_t path_size, const char** value, size_t* size);
TAMIS_IMPORT(proxy_set_property)
uint32_t proxy_set_property(const char* path, size_t path_size, const char* value, size_t size);
TAMIS_IMPORT(proxy_send_local_response)
uint32_t proxy_send_local_response(uint32_t status, const char* details, size_t details_size,
                                   const char* body, size_t body_size, const char* headers,
                                   size_t headers_size, int32_t grpc_status);
TAMIS_IMPORT(proxy_get_current_time_nanoseconds)
uint32_t proxy_get_current_time_nanoseconds(uint64_t* now);

// wasm-ld defines them: what the program's data leave of its first pages.
extern char __heap_base;  // NOLINT(bugprone-reserved-identifier)
extern char __heap_end;   // NOLINT(bugprone-reserved-identifier)
}

namespace tamis::backend {

inline constexpr size_t kPage = 65536;
// Above these Envoy takes a set of pairs for an empty map and erases every header
// (proxy-wasm-cpp-host, pairs_util).
inline constexpr size_t kMostPairs = 1024;
inline constexpr size_t kMostPairBytes = 1048576;

inline constinit Room rest_ = {&__heap_base, &__heap_end};

inline Room more_memory(size_t size) {
  const size_t pages = (size + kPage - 1) / kPage;
  const size_t before = __builtin_wasm_memory_grow(0, pages);
  if (before == SIZE_MAX) __builtin_trap();
  return {reinterpret_cast<char*>(before * kPage),
          reinterpret_cast<char*>((before + pages) * kPage)};
}

inline void log(Level level, StringView line) { proxy_log(level, line.data(), line.size()); }

inline uint32_t read_u32(const char* at) {
  uint32_t number = 0;
  __builtin_memcpy(&number, at, sizeof(number));
  return number;
}

/// Pairs as they travel: a count, the sizes of each name and value, then each followed by NUL.
inline Span<Header> read_headers(Map map) {
  const char* pairs = nullptr;
  size_t size = 0;
  if (proxy_get_header_map_pairs(map, &pairs, &size) != 0 || size < sizeof(uint32_t)) return {};
  const size_t count = read_u32(pairs);
  const char* sizes = pairs + sizeof(uint32_t);
  const char* text = sizes + count * 2 * sizeof(uint32_t);
  Header* headers = scratch().array<Header>(count);
  for (size_t at = 0; at < count; ++at, sizes += 2 * sizeof(uint32_t)) {
    const size_t name = read_u32(sizes);
    const size_t value = read_u32(sizes + sizeof(uint32_t));
    headers[at] = {{text, name}, {text + name + 1, value}};
    text += name + 1 + value + 1;
  }
  return {headers, count};
}

[[gnu::noinline]] inline size_t pairs_size(Span<Header> headers) {
  size_t size = sizeof(uint32_t);
  for (const Header& header : headers) {
    size += 2 * sizeof(uint32_t) + header.name.size() + header.value.size() + 2;
  }
  return size;
}

inline char* write_text(char* at, StringView text) {
  char* end = copy_to(at, text);
  *end = '\0';
  return end + 1;
}

[[gnu::noinline]] inline StringView write_pairs(Span<Header> headers) {
  const size_t size = pairs_size(headers);
  char* pairs = scratch().array<char>(size);
  auto* sizes = reinterpret_cast<uint32_t*>(pairs);
  *sizes++ = headers.size();
  char* text = pairs + sizeof(uint32_t) * (1 + 2 * headers.size());
  for (const Header& header : headers) {
    *sizes++ = header.name.size();
    *sizes++ = header.value.size();
    text = write_text(write_text(text, header.name), header.value);
  }
  return {pairs, size};
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
  const char* bytes = nullptr;
  size_t size = 0;
  const bool got = proxy_get_buffer_bytes(buffer, start, count, &bytes, &size) == 0;
  return {bytes, got ? size : 0};
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
  const char* value = nullptr;
  size_t size = 0;
  if (proxy_get_property(path.data(), path.size(), &value, &size) != 0) return {};
  return StringView(value, size);
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

inline uint64_t now() {
  uint64_t nanoseconds = 0;
  proxy_get_current_time_nanoseconds(&nanoseconds);
  return nanoseconds;
}

}  // namespace tamis::backend

#endif  // TAMIS_BACKEND_WASM_H_
