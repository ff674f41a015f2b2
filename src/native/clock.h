// Virtual time and seeded randomness: outcomes and counts repeat.
#pragma once

#include <cstdint>
#include <cstring>

namespace tamis {

// Lives with its VM. Nanoseconds; the wall clock is `start` plus what passed, the monotonic one
// starts at a second: no machine's tells 0, and Go's runtime takes that for a broken clock.
struct VirtualClock {
  static constexpr uint64_t kUp = 1'000'000'000;
  uint64_t start = 0;
  uint64_t passed = 0;
  uint64_t wall() const { return start + passed; }
  uint64_t monotonic() const { return kUp + passed; }
};

// Lives with its VM. SplitMix64: small, seedable, the same on every machine; not for secrets.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  void fill(char* out, size_t size) {
    for (size_t at = 0; at < size; at += 8) {
      const uint64_t value = next();
      std::memcpy(out + at, &value, size - at < 8 ? size - at : 8);
    }
  }

 private:
  uint64_t state_;
};

}  // namespace tamis
