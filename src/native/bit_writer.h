// Bits as DEFLATE packs them: the first is the lowest of the first byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace tamis {

// `size` bits, the first to be written the lowest; what is above them is zero.
struct Bits {
  uint32_t value = 0;
  size_t size = 0;
};

// Owns the bytes until they are taken; up to seven bits stay behind.
class BitWriter {
 public:
  // At most 32 bits.
  void put(Bits bits) {
    held_ |= uint64_t{bits.value} << size_;
    size_ += bits.size;
    for (; size_ >= 8; size_ -= 8, held_ >>= 8) bytes_.push_back(static_cast<char>(held_));
  }
  // Zeros up to the end of the byte.
  void fill() {
    if (size_ > 0) put({0, 8 - size_});
  }
  std::string take() { return std::exchange(bytes_, {}); }

 private:
  std::string bytes_;
  uint64_t held_ = 0;
  size_t size_ = 0;
};

}  // namespace tamis
