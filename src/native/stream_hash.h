// 64 bits that stand for a stream of bytes, however it is cut into pieces.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tamis {

// A value; the hash of nothing is 0. For answers to be told apart, not against those who seek two
// of the same hash.
class StreamHash {
 public:
  void add(std::string_view bytes) {
    const size_t held = size_ % kWord;
    size_ += bytes.size();
    if (held != 0) {
      const size_t more = std::min(kWord - held, bytes.size());
      keep(bytes.substr(0, more), held);
      if (held + more < kWord) return;
      mix(held_);
      bytes.remove_prefix(more);
    }
    for (; bytes.size() >= kWord; bytes.remove_prefix(kWord)) {
      keep(bytes.substr(0, kWord), 0);
      mix(held_);
    }
    held_ = 0;
    keep(bytes, 0);
  }

  void add(uint64_t number) { add({reinterpret_cast<const char*>(&number), sizeof number}); }

  uint64_t value() const {
    if (size_ == 0) return 0;
    StreamHash all = *this;
    if (size_ % kWord != 0) all.mix(held_);
    all.mix(size_);
    return all.hash_;
  }

 private:
  static constexpr size_t kWord = sizeof(uint64_t);

  void keep(std::string_view bytes, size_t at) {
    if (!bytes.empty())
      std::memcpy(reinterpret_cast<char*>(&held_) + at, bytes.data(), bytes.size());
  }

  // Multiplied by an odd number, then folded: what differs in one bit differs in many.
  void mix(uint64_t word) {
    hash_ = (hash_ ^ word) * 0x9e3779b97f4a7c15;
    hash_ ^= hash_ >> 32;
  }

  uint64_t hash_ = 0x2545f4914f6cdd1d, held_ = 0, size_ = 0;
};

}  // namespace tamis
