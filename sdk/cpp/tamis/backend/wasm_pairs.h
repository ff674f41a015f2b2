// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Pairs as they travel: a count, the sizes of each name and value, then each followed by NUL.
#ifndef TAMIS_BACKEND_WASM_PAIRS_H_
#define TAMIS_BACKEND_WASM_PAIRS_H_

#include "tamis/memory.h"
#include "tamis/types.h"

namespace tamis::backend {

// Above these Envoy takes a set of pairs for an empty map and erases every header
// (proxy-wasm-cpp-host, pairs_util).
inline constexpr size_t kMostPairs = 1024;
inline constexpr size_t kMostPairBytes = 1048576;

inline uint32_t read_u32(const char* at) {
  uint32_t number = 0;
  __builtin_memcpy(&number, at, sizeof(number));
  return number;
}

/// Borrows from the pairs it reads.
class HeaderReader {
 public:
  explicit HeaderReader(StringView pairs)
      : size_(pairs.size() < sizeof(uint32_t) ? 0 : read_u32(pairs.data())),
        sizes_(pairs.data()),
        text_(sizes_ + size_ * 2 * sizeof(uint32_t)) {}

  [[nodiscard]] size_t size() const { return size_; }

  Header next() {
    const size_t name = read_u32(sizes_ + kCount);
    const size_t value = read_u32(sizes_ + kCount + sizeof(uint32_t));
    const char* text = text_ + kCount;
    sizes_ += 2 * sizeof(uint32_t);
    text_ += name + 1 + value + 1;
    return {{text, name}, {text + name + 1, value}};
  }

 private:
  /// Both stay behind by what the count takes: where there is none, there are no bytes either.
  static constexpr size_t kCount = sizeof(uint32_t);
  size_t size_;
  const char* sizes_;
  const char* text_;
};

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

}  // namespace tamis::backend

#endif  // TAMIS_BACKEND_WASM_PAIRS_H_
