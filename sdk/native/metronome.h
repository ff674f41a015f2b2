// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A thread that says when a period is over. Envoy 1.40 has timers for a module's cluster in
// workers, but gives none (its function returns null), so time is kept here.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>

namespace shim {

// Never destroyed, like its thread: who ends Envoy ends both.
class Metronome {
 public:
  // `beat`: called in its thread.
  explicit Metronome(void (*beat)(uint64_t)) : beat_(beat) {
    std::thread([this] { run(); }).detach();
  }

  // From now on beat(id) comes every so many milliseconds; 0: no more.
  void set(uint64_t id, uint32_t period) {
    const std::lock_guard lock(mutex_);
    const std::chrono::milliseconds time(period);
    if (period == 0)
      beats_.erase(id);
    else
      beats_[id] = {time, Clock::now() + time};
    changed_.notify_one();
  }

 private:
  using Clock = std::chrono::steady_clock;
  struct Beat {
    std::chrono::milliseconds period;
    Clock::time_point due;
  };

  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      const auto now = Clock::now();
      auto next = now + std::chrono::hours(1);
      for (auto& [id, each] : beats_) {
        if (each.due <= now) {
          beat_(id);
          each.due = now + each.period;
        }
        next = std::min(next, each.due);
      }
      changed_.wait_until(lock, next);
    }
  }

  void (*const beat_)(uint64_t);
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<uint64_t, Beat> beats_;
};

}  // namespace shim
