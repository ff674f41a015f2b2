// A fuzzer's input as choices, one after another: libFuzzer changes bytes, and other choices come.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <string>
#include <string_view>

#include "check.h"

namespace fuzz {

// Lives for one input. Behind its end the choices go on, and depend on all of it: a few bytes make
// a whole world.
class Choices {
 public:
  Choices(const uint8_t* data, size_t size)
      : rest_(reinterpret_cast<const char*>(data), size), state_(size) {
    for (const char c : rest_) state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  // Bytes of the input are left.
  bool left() const { return !rest_.empty(); }
  uint64_t next() { return take(8); }
  size_t below(size_t bound) {
    return bound < 2 ? 0 : take(bound <= 0x100 ? 1 : bound <= 0x10000 ? 2 : 8) % bound;
  }
  bool chance(size_t of) { return below(of) == of - 1; }
  template <typename Items>
  const auto& pick(const Items& items) {
    return items[below(std::size(items))];
  }
  std::string_view rest() const { return rest_; }

 private:
  uint64_t take(size_t size) {
    uint64_t out = 0;
    if (rest_.size() < size) {
      rest_ = {};
      out = state_ += 0x9e3779b97f4a7c15;  // SplitMix64
      out = (out ^ (out >> 30)) * 0xbf58476d1ce4e5b9;
      out = (out ^ (out >> 27)) * 0x94d049bb133111eb;
      return (out ^ (out >> 31)) >> 3;
    }
    std::memcpy(&out, rest_.data(), size);
    rest_.remove_prefix(size);
    return out;
  }

  std::string_view rest_;
  uint64_t state_;
};

}  // namespace fuzz
