// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Views and optional values: the vocabulary of the SDK, without a C++ library.
#ifndef TAMIS_TYPES_H_
#define TAMIS_TYPES_H_

#include <stddef.h>
#include <stdint.h>

namespace tamis {

/// Whether the first `size` bytes are the same. Never inlined: it is everywhere, and small is good.
[[gnu::noinline, gnu::pure]] constexpr bool same_bytes(const char* a, const char* b, size_t size) {
  for (; size != 0; --size) {
    if (*a++ != *b++) return false;
  }
  return true;
}

/// Borrowed text or bytes; not terminated by NUL. As long-lived as what it points to.
class StringView {
 public:
  constexpr StringView() = default;
  constexpr StringView(const char* data, size_t size) : data_(data), size_(size) {}
  /// A literal, without its NUL.
  template <size_t N>
  constexpr StringView(const char (&literal)[N])  // NOLINT(google-explicit-constructor)
      : data_(literal), size_(N - 1) {}

  [[nodiscard]] constexpr const char* data() const { return data_; }
  [[nodiscard]] constexpr size_t size() const { return size_; }
  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
  [[nodiscard]] constexpr const char* begin() const { return data_; }
  [[nodiscard]] constexpr const char* end() const { return data_ + size_; }
  constexpr char operator[](size_t at) const { return data_[at]; }

  /// At most `count` bytes from `start`; empty when `start` is past the end.
  [[nodiscard]] constexpr StringView substr(size_t start, size_t count = SIZE_MAX) const {
    if (start >= size_) return {data_ + size_, 0};
    const size_t rest = size_ - start;
    return {data_ + start, count < rest ? count : rest};
  }
  [[nodiscard, gnu::noinline, gnu::pure]] constexpr bool starts_with(StringView prefix) const {
    return size_ >= prefix.size_ && same_bytes(data_, prefix.data_, prefix.size_);
  }
  [[nodiscard]] constexpr bool ends_with(StringView suffix) const {
    return size_ >= suffix.size_ && same_bytes(end() - suffix.size_, suffix.data_, suffix.size_);
  }
  /// Where `wanted` first occurs from `start` on, else size().
  [[nodiscard, gnu::noinline, gnu::pure]] constexpr size_t find(char wanted,
                                                                size_t start = 0) const {
    for (size_t at = start; at < size_; ++at) {
      if (data_[at] == wanted) return at;
    }
    return size_;
  }
  /// Where a text first occurs from `start` on, else size().
  [[nodiscard, gnu::noinline, gnu::pure]] constexpr size_t find(StringView wanted,
                                                                size_t start = 0) const {
    for (size_t at = start; at < size_; ++at) {
      if (substr(at).starts_with(wanted)) return at;
    }
    return size_;
  }

  [[gnu::noinline, gnu::pure]] friend constexpr bool operator==(StringView a, StringView b) {
    return a.size_ == b.size_ && same_bytes(a.data_, b.data_, a.size_);
  }

 private:
  const char* data_ = nullptr;
  size_t size_ = 0;
};

/// A value, or nothing.
template <class T>
class Maybe {
 public:
  constexpr Maybe() = default;
  constexpr Maybe(T value) : value_(value), has_(true) {}  // NOLINT(google-explicit-constructor)
  constexpr explicit operator bool() const { return has_; }
  constexpr const T& operator*() const { return value_; }
  constexpr const T* operator->() const { return &value_; }
  [[nodiscard]] constexpr T value_or(T other) const { return has_ ? value_ : other; }

 private:
  T value_{};
  bool has_ = false;
};

/// One header or trailer. Borrowed from the map it was read from.
struct Header {
  StringView name;
  StringView value;
};

/// A borrowed sequence.
template <class T>
class Span {
 public:
  constexpr Span() = default;
  constexpr Span(const T* data, size_t size) : data_(data), size_(size) {}
  template <size_t N>
  constexpr Span(const T (&array)[N])  // NOLINT(google-explicit-constructor)
      : data_(array), size_(N) {}
  [[nodiscard]] constexpr const T* begin() const { return data_; }
  [[nodiscard]] constexpr const T* end() const { return data_ + size_; }
  [[nodiscard]] constexpr size_t size() const { return size_; }
  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
  constexpr const T& operator[](size_t at) const { return data_[at]; }

 private:
  const T* data_ = nullptr;
  size_t size_ = 0;
};

/// Which headers or trailers; the first four have the numbers of proxy-wasm and of Envoy's own
/// modules alike.
enum class Map : uint32_t {
  RequestHeaders = 0,
  RequestTrailers = 1,
  ResponseHeaders = 2,
  ResponseTrailers = 3,
  GrpcHeaders = 4,
  GrpcTrailers = 5,
  CalloutHeaders = 6,
  CalloutTrailers = 7,
};

/// Which bytes; numbers of proxy-wasm.
enum class Buffer : uint32_t {
  RequestBody = 0,
  ResponseBody = 1,
  DownstreamData = 2,
  UpstreamData = 3,
  CalloutBody = 4,
  GrpcMessage = 5,
  VmConfiguration = 6,
  PluginConfiguration = 7,
};

/// One direction of an exchange, or of a connection.
enum class Half : uint32_t { Request = 0, Response = 1, Downstream = 2, Upstream = 3 };

/// A kind of number in the proxy's statistics.
enum class Metric : uint32_t { Counter = 0, Gauge = 1, Histogram = 2 };

enum class Level : uint32_t { Trace = 0, Debug = 1, Info = 2, Warn = 3, Error = 4, Critical = 5 };

}  // namespace tamis

#endif  // TAMIS_TYPES_H_
