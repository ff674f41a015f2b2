// Virtual time and seeded randomness: outcomes and counts repeat.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string_view>

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

// The 29 characters of an HTTP date, such as "Thu, 01 Jan 2026 00:00:00 GMT". A value.
struct HttpDate {
  explicit HttpDate(uint64_t nanoseconds) {
    const auto seconds = static_cast<std::time_t>(nanoseconds / 1'000'000'000);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[parts.tm_wday],
                  parts.tm_mday, kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour,
                  parts.tm_min, parts.tm_sec);
  }
  std::string_view view() const { return text; }
  char text[64];
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
