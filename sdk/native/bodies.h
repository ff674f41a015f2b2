// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What of a body a stream's callback may see and change: what just came, and before it, when the
// twin asked for all there is, what is held.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "stream.h"

namespace shim {

class BodyView {
 public:
  BodyView(const Stream& stream, size_t direction) : filter_(stream.filter), direction_(direction) {
    const bool shown = stream.in_body[direction];
    if (!shown && !stream.buffering[direction]) return;
    came_ = shown;
    // What Envoy let go is handed over as what just came, and still counts as held.
    const bool same =
        shown &&
        (direction == 0
             ? envoy_dynamic_module_callback_http_received_buffered_request_body(filter_)
             : envoy_dynamic_module_callback_http_received_buffered_response_body(filter_));
    if (!same) take(held());
    // Envoy puts the last chunk behind what is held, even where the twin did not ask for all.
    if (!stream.buffering[direction]) skip_ = std::min(stream.held[direction], size_);
    if (came_) take(came());
  }

  size_t size() const { return size_ - skip_; }

  // At most `count` bytes from `start`.
  void read(size_t start, size_t count, char* to) const {
    start += skip_;
    for (const envoy::Bytes& chunk : chunks_) {
      if (start >= chunk.size) {
        start -= chunk.size;
        continue;
      }
      const size_t some = std::min(count, chunk.size - start);
      std::copy_n(chunk.data + start, some, to);
      to += some;
      count -= some;
      start = 0;
      if (count == 0) return;
    }
  }

  // The first `count` bytes go, and `bytes` come in their place.
  void replace(size_t count, std::string_view bytes) {
    count = std::min(count, size());
    std::string rest(skip_ + size() - count + bytes.size(), '\0');
    char* to = rest.data();
    const size_t before = std::exchange(skip_, 0);
    read(0, before, to);
    std::copy(bytes.begin(), bytes.end(), to + before);
    read(before + count, size_ - before - count, to + before + bytes.size());
    drain(held());
    if (came_) drain(came());
    append(rest);
  }

  void append(std::string_view bytes) {
    if (!bytes.empty())
      envoy_dynamic_module_callback_http_append_body(filter_, came_ ? came() : held(),
                                                     {bytes.data(), bytes.size()});
  }

 private:
  envoy::Body came() const {
    return direction_ == 0 ? envoy::Body::ReceivedRequest : envoy::Body::ReceivedResponse;
  }
  envoy::Body held() const {
    return direction_ == 0 ? envoy::Body::HeldRequest : envoy::Body::HeldResponse;
  }
  void take(envoy::Body which) {
    const size_t count = envoy_dynamic_module_callback_http_get_body_chunks_size(filter_, which);
    if (count == 0) return;
    const size_t before = chunks_.size();
    chunks_.resize(before + count);
    envoy_dynamic_module_callback_http_get_body_chunks(filter_, which, &chunks_[before]);
    for (size_t at = before; at < chunks_.size(); ++at) size_ += chunks_[at].size;
  }
  void drain(envoy::Body which) {
    const size_t count = envoy_dynamic_module_callback_http_get_body_size(filter_, which);
    if (count != 0) envoy_dynamic_module_callback_http_drain_body(filter_, which, count);
  }

  envoy::Filter filter_;
  size_t direction_;
  bool came_ = false;
  size_t size_ = 0, skip_ = 0;
  std::vector<envoy::Bytes> chunks_;
};

}  // namespace shim
