// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The Envoy back end: bodies, which are what just came, and before it what the filter holds.
#ifndef TAMIS_BACKEND_ENVOY_BODY_H_
#define TAMIS_BACKEND_ENVOY_BODY_H_

#include "tamis/backend/envoy_abi.h"
#include "tamis/memory.h"
#include "tamis/types.h"

namespace tamis::backend {

/// Whose callback runs: a stream's, or, without `filter`, a plugin's. By direction: a body callback
/// runs, and the last one asked for all there is.
struct Current {
  envoy::Filter filter = nullptr;
  envoy::Config config = nullptr;
  bool met = false;  // the filter has seen the request: else Envoy answered before it
  bool in_body[2] = {};
  bool holding[2] = {};
};
inline constinit thread_local Current* current_ = nullptr;

inline envoy::Body came(size_t direction) { return static_cast<envoy::Body>(2 * direction); }
inline envoy::Body held(size_t direction) { return static_cast<envoy::Body>(2 * direction + 1); }

/// Whether what is held is not what just came: Envoy hands over what it let go as both.
inline bool is_held(size_t direction) {
  if (!current_->holding[direction]) return false;
  if (!current_->in_body[direction]) return true;
  return !(
      direction == 0
          ? envoy_dynamic_module_callback_http_received_buffered_request_body(current_->filter)
          : envoy_dynamic_module_callback_http_received_buffered_response_body(current_->filter));
}

inline size_t body_size(size_t direction) {
  const auto size = [](envoy::Body which) {
    return envoy_dynamic_module_callback_http_get_body_size(current_->filter, which);
  };
  return (is_held(direction) ? size(held(direction)) : 0) +
         (current_->in_body[direction] ? size(came(direction)) : 0);
}

/// Copies from `start` on until `end`; returns where in the body the part `which` ends.
inline size_t copy_part(envoy::Body which, size_t at, size_t start, size_t end, char*& to) {
  const size_t count =
      envoy_dynamic_module_callback_http_get_body_chunks_size(current_->filter, which);
  if (count == 0) return at;
  auto* chunks = scratch().array<envoy::Bytes>(count);
  envoy_dynamic_module_callback_http_get_body_chunks(current_->filter, which, chunks);
  for (size_t number = 0; number < count; ++number) {
    const size_t size = chunks[number].size;
    const size_t from = start > at ? start - at : 0;
    const size_t until = end > at ? end - at : 0;
    const size_t most = until < size ? until : size;
    if (from < most) to = copy_to(to, {chunks[number].data + from, most - from});
    at += size;
  }
  return at;
}

inline StringView read_body(size_t direction, size_t start, size_t count) {
  const size_t size = body_size(direction);
  if (start >= size) return {};
  const size_t end = count < size - start ? start + count : size;
  char* text = scratch().array<char>(end - start);
  char* to = text;
  size_t at = 0;
  if (is_held(direction)) at = copy_part(held(direction), at, start, end, to);
  if (current_->in_body[direction]) copy_part(came(direction), at, start, end, to);
  return {text, static_cast<size_t>(to - text)};
}

inline void append_body(size_t direction, StringView text) {
  if (text.empty()) return;
  const envoy::Body which = current_->in_body[direction] ? came(direction) : held(direction);
  envoy_dynamic_module_callback_http_append_body(current_->filter, which,
                                                 {text.data(), text.size()});
}

/// At the end it appends; elsewhere it puts `text` in the place of `count` bytes.
inline void write_body(size_t direction, size_t start, size_t count, StringView text) {
  const size_t size = body_size(direction);
  if (start >= size && start != 0) return append_body(direction, text);
  const StringView before = read_body(direction, 0, start);
  const size_t gone = count < size - start ? start + count : size;
  const StringView after = read_body(direction, gone, SIZE_MAX);
  const bool holds = is_held(direction);
  if (holds)
    envoy_dynamic_module_callback_http_drain_body(
        current_->filter, held(direction),
        envoy_dynamic_module_callback_http_get_body_size(current_->filter, held(direction)));
  if (current_->in_body[direction])
    envoy_dynamic_module_callback_http_drain_body(
        current_->filter, came(direction),
        envoy_dynamic_module_callback_http_get_body_size(current_->filter, came(direction)));
  append_body(direction, before);
  append_body(direction, text);
  append_body(direction, after);
}

}  // namespace tamis::backend

#endif  // TAMIS_BACKEND_ENVOY_BODY_H_
