// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The bytes of a body as far as the proxy holds them in this callback.
#ifndef TAMIS_BODY_H_
#define TAMIS_BODY_H_

#include "tamis/backend/backend.h"
#include "tamis/types.h"

namespace tamis {

/// Valid during one callback. Reading costs one crossing, each change one.
class Body {
 public:
  Body(Buffer buffer, size_t size) : buffer_(buffer), size_(size) {}

  /// For callbacks that are not given it: what on_response_body held back with Buffer can still be
  /// read and changed in on_response_trailers, by `Body held(Buffer::ResponseBody)`. Costs one
  /// crossing; empty when nothing is held.
  explicit Body(Buffer buffer) : Body(buffer, backend::buffer_size(buffer)) {}

  /// Bytes held when the callback began: this chunk, or all since Buffer was returned.
  [[nodiscard]] size_t size() const { return size_; }

  /// A copy that lives until the callback returns.
  [[nodiscard]] StringView read(size_t start = 0, size_t count = SIZE_MAX) const {
    if (start >= size_) return {};
    const size_t rest = size_ - start;
    return backend::read_buffer(buffer_, start, count < rest ? count : rest);
  }

  void replace(StringView bytes) { write(0, size_, bytes, bytes.size()); }
  void prepend(StringView bytes) { write(0, 0, bytes, size_ + bytes.size()); }
  void append(StringView bytes) { write(size_, 0, bytes, size_ + bytes.size()); }
  void clear() { replace({}); }

 private:
  void write(size_t start, size_t count, StringView bytes, size_t size) {
    backend::write_buffer(buffer_, start, count, bytes);
    size_ = size;
  }

  Buffer buffer_;
  size_t size_;
};

}  // namespace tamis

#endif  // TAMIS_BODY_H_
