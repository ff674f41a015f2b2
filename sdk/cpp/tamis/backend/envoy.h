// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The back end that makes a dynamic module of Envoy (1.40) of a filter, without proxy-wasm between:
// compile with -DTAMIS_ENVOY, to a shared library. What such modules cannot do does not compile.
//
// Unlike in WebAssembly one plugin serves all workers, so what a filter changes in it must be safe
// to change from several threads; a filter's own response callbacks do not meet its own replies; a
// header cannot be set to nothing; no trailers can be added to a message that has none.
#ifndef TAMIS_BACKEND_ENVOY_H_
#define TAMIS_BACKEND_ENVOY_H_

#include <time.h>

#include "tamis/backend/backend.h"
#include "tamis/backend/envoy_abi.h"
#include "tamis/backend/envoy_body.h"
#include "tamis/backend/room.h"
#include "tamis/memory.h"
#include "tamis/types.h"

namespace tamis::backend {

inline envoy::Bytes bytes_of(StringView text) { return {text.data(), text.size()}; }

// What is asked for inside a callback and done at its end: inside, Envoy would call back.
struct Pending {
  bool reply = false, close = false;
  uint32_t resumes = 0;  // one bit for each Half
  uint32_t status = 0;
  StringView details, body;
  Span<Header> headers;
};
inline constinit thread_local Pending pending_;

// The answer to a callout, while its callback runs.
struct Answer {
  Span<Header> headers;
  StringView body;
};
inline constinit thread_local Answer answer_;

inline void log(Level level, StringView line) {
  envoy_dynamic_module_callback_log(static_cast<uint32_t>(level), bytes_of(line));
}

// Both are four words: nothing has to be copied.
static_assert(sizeof(Header) == sizeof(envoy::Header));

class HeaderReader {
 public:
  explicit HeaderReader(Span<Header> headers) : headers_(headers) {}
  [[nodiscard]] size_t size() const { return headers_.size(); }
  Header next() { return headers_[at_++]; }

 private:
  Span<Header> headers_;
  size_t at_ = 0;
};

inline HeaderReader read_headers(Map map) {
  if (map == Map::CalloutHeaders) return HeaderReader(answer_.headers);
  const auto number = static_cast<uint32_t>(map);
  const size_t count =
      envoy_dynamic_module_callback_http_get_headers_size(current_->filter, number);
  auto* headers = scratch().array<envoy::Header>(count);
  if (count != 0) {
    envoy_dynamic_module_callback_http_get_headers(current_->filter, number, headers);
  }
  return HeaderReader({reinterpret_cast<const Header*>(headers), count});
}

inline void add_header(Map map, StringView name, StringView value) {
  envoy_dynamic_module_callback_http_add_header(current_->filter, static_cast<uint32_t>(map),
                                                bytes_of(name), bytes_of(value));
}

inline void set_header(Map map, StringView name, StringView value) {
  envoy_dynamic_module_callback_http_set_header(current_->filter, static_cast<uint32_t>(map),
                                                bytes_of(name), bytes_of(value));
}

inline void remove_header(Map map, StringView name) {
  envoy_dynamic_module_callback_http_set_header(current_->filter, static_cast<uint32_t>(map),
                                                bytes_of(name), {nullptr, 0});
}

inline bool set_headers(Map, Span<Header>) { return false; }  // one by one is all there is

inline size_t buffer_size(Buffer buffer) {
  if (buffer == Buffer::CalloutBody) return answer_.body.size();
  return body_size(static_cast<size_t>(buffer));
}

inline StringView read_buffer(Buffer buffer, size_t start, size_t count) {
  if (buffer == Buffer::CalloutBody) return answer_.body.substr(start, count);
  return read_body(static_cast<size_t>(buffer), start, count);
}

inline void write_buffer(Buffer buffer, size_t start, size_t count, StringView text) {
  write_body(static_cast<size_t>(buffer), start, count, text);
}

/// As a Wasm filter has it: the first wins.
inline void reply(uint32_t status, StringView details, StringView body, Span<Header> headers,
                  int32_t grpc_status) {
  if (pending_.reply) return;
  const size_t more = grpc_status >= 0 ? 1 : 0;
  auto* all = scratch().array<Header>(headers.size() + more);
  Header* to = all;
  for (const Header& header : headers)
    *to++ = {scratch().keep(header.name), scratch().keep(header.value)};
  if (more != 0) {
    char* digits = scratch().array<char>(2);
    digits[0] = static_cast<char>('0' + grpc_status / 10 % 10);
    digits[1] = static_cast<char>('0' + grpc_status % 10);
    *to++ = {"grpc-status", grpc_status < 10 ? StringView(digits + 1, 1) : StringView(digits, 2)};
  }
  const auto count = static_cast<size_t>(to - all);
  pending_.reply = true;
  pending_.status = status;
  pending_.details = scratch().keep(details);
  pending_.body = scratch().keep(body);
  pending_.headers = {all, count};
}

inline void resume(Half half) { pending_.resumes |= 1U << static_cast<uint32_t>(half); }

inline void close(Half half) { pending_.close = half <= Half::Response; }

inline uint64_t now() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

inline Maybe<uint32_t> call(StringView cluster, Span<Header> headers, StringView body,
                            uint32_t timeout_ms) {
  uint64_t number = 0;
  auto* all = reinterpret_cast<envoy::Header*>(const_cast<Header*>(headers.begin()));
  const envoy::CalloutStart start = envoy_dynamic_module_callback_http_filter_http_callout(
      current_->filter, &number, bytes_of(cluster), all, headers.size(), bytes_of(body),
      timeout_ms);
  if (start != envoy::CalloutStart::Ok) return {};
  return static_cast<uint32_t>(number);
}

// -- metrics: Envoy numbers each kind by itself; the kind is in the low bits

/// Only while a plugin is configured.
inline uint32_t define_metric(Metric kind, StringView name) {
  size_t id = 0;
  uint32_t failed = 0;
  if (kind == Metric::Counter)
    failed = envoy_dynamic_module_callback_http_filter_config_define_counter(
        current_->config, bytes_of(name), nullptr, 0, &id);
  else if (kind == Metric::Gauge)
    failed = envoy_dynamic_module_callback_http_filter_config_define_gauge(
        current_->config, bytes_of(name), nullptr, 0, &id);
  else
    failed = envoy_dynamic_module_callback_http_filter_config_define_histogram(
        current_->config, bytes_of(name), nullptr, 0, &id);
  if (failed != 0) return 0;
  return static_cast<uint32_t>(id + 1) << 2 | static_cast<uint32_t>(kind);
}

inline size_t metric_of(uint32_t id) { return (id >> 2) - 1; }

inline void add_metric(uint32_t id, int64_t difference) {
  if (id == 0) return;
  const envoy::Config config = current_->config;
  const auto size = static_cast<uint64_t>(difference < 0 ? -difference : difference);
  if ((id & 3) == static_cast<uint32_t>(Metric::Counter))
    envoy_dynamic_module_callback_http_filter_config_increment_counter(config, metric_of(id),
                                                                       nullptr, 0, size);
  else if (difference < 0)
    envoy_dynamic_module_callback_http_filter_config_decrement_gauge(config, metric_of(id), nullptr,
                                                                     0, size);
  else
    envoy_dynamic_module_callback_http_filter_config_increment_gauge(config, metric_of(id), nullptr,
                                                                     0, size);
}

inline void set_metric(uint32_t id, uint64_t value) {
  if (id == 0) return;
  if ((id & 3) == static_cast<uint32_t>(Metric::Gauge))
    envoy_dynamic_module_callback_http_filter_config_set_gauge(current_->config, metric_of(id),
                                                               nullptr, 0, value);
  else
    envoy_dynamic_module_callback_http_filter_config_record_histogram_value(
        current_->config, metric_of(id), nullptr, 0, value);
}

}  // namespace tamis::backend

#endif  // TAMIS_BACKEND_ENVOY_H_
