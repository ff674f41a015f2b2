// A mutation fuzzer without a runtime of its own: plain programs under the address and
// undefined-behaviour sanitizers. A round depends on the seed and its number alone, so a failure is
// repeated by the two numbers it prints: TAMIS_FUZZ_SEED and TAMIS_FUZZ_ROUND.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "check.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace fuzz {

// SplitMix64: small, and the same numbers everywhere. A value.
class Random {
 public:
  Random(uint64_t seed, uint64_t round) : state_(seed * 0x9e3779b97f4a7c15 + round) { next(); }
  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  size_t below(size_t bound) { return bound == 0 ? 0 : next() % bound; }
  bool chance(size_t of) { return below(of) == 0; }
  template <typename Items>
  const auto& pick(const Items& items) {
    return items[below(std::size(items))];
  }

 private:
  uint64_t state_;
};

inline uint64_t setting(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// Where a run stands; lives for the whole program, so that a dying sanitizer can say it.
struct Progress {
  uint64_t seed = setting("TAMIS_FUZZ_SEED", 1), round = 0;
  bool finished = false;
  static Progress& get() {
    static Progress progress;
    return progress;
  }
  static void tell() {
    std::fprintf(stderr, "repeat with TAMIS_FUZZ_SEED=%llu TAMIS_FUZZ_ROUND=%llu\n",
                 static_cast<unsigned long long>(get().seed),
                 static_cast<unsigned long long>(get().round));
  }
};

// Calls `round(Random&)` `rounds` times, but for no longer than `seconds`; says how many it were.
template <typename Round>
uint64_t run(const char* name, uint64_t rounds, uint64_t seconds, Round&& round) {
  Progress& at = Progress::get();
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_set_death_callback(&Progress::tell);
#endif
  std::atexit([] {
    if (!Progress::get().finished) Progress::tell();
  });
  rounds = setting("TAMIS_FUZZ_ROUNDS", rounds);
  const uint64_t only = setting("TAMIS_FUZZ_ROUND", UINT64_MAX);
  const auto end = std::chrono::steady_clock::now() +
                   std::chrono::seconds(setting("TAMIS_FUZZ_SECONDS", seconds));
  uint64_t done = 0;
  for (at.round = only == UINT64_MAX ? 0 : only; at.round < rounds || only == at.round;
       ++at.round) {
    if (done > 0 && (only != UINT64_MAX || std::chrono::steady_clock::now() > end)) break;
    Random random(at.seed, at.round);
    round(random);
    ++done;
  }
  at.finished = true;
  std::printf("%s: seed %llu, %llu rounds\n", name, static_cast<unsigned long long>(at.seed),
              static_cast<unsigned long long>(done));
  return done;
}

// One to four small damages: bytes changed, doubled, moved, lost; numbers made extreme.
inline void damage(std::string& bytes, Random& random, size_t from = 0) {
  static const std::string kNumbers[] = {std::string(1, '\0'),
                                         "\1",
                                         "\x7f",
                                         "\x80",
                                         "\xff",
                                         "\xff\xff\xff\xff\x0f",
                                         "\x80\x80\x80\x80\x80\1",
                                         "\xff\xff\xff\x7f",
                                         "\x80\x80\4",
                                         "\xff\xff\xff\xff\xff\xff\xff\xff\xff\1"};
  for (size_t n = 1 + random.below(4); n > 0 && bytes.size() > from; --n) {
    const size_t at = from + random.below(bytes.size() - from);
    const size_t size = std::min<size_t>(1 + random.below(8), bytes.size() - at);
    switch (random.below(6)) {
      case 0:
        bytes[at] = static_cast<char>(random.next());
        break;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
        break;
      case 2:
        bytes.erase(at, size);
        break;
      case 3:
        bytes.insert(at, bytes.substr(from + random.below(bytes.size() - from), size));
        break;
      case 4:
        bytes.replace(at, random.below(2) * size, random.pick(kNumbers));
        break;
      default:
        if (random.chance(4)) bytes.resize(at);
        break;
    }
  }
}

}  // namespace fuzz
