// Waiting for sockets and for the clock at once, to the microsecond. Linux alone.
#pragma once

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <limits>
#include <span>
#include <system_error>
#include <vector>

namespace tamis {

// Nanoseconds of CLOCK_MONOTONIC.
inline int64_t monotonic_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

inline constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

// Lives with the sockets that are registered with it.
class LoadPoll {
 public:
  // Gives at most `most` events at a time. Throws std::system_error where files run out.
  explicit LoadPoll(size_t most) : events_(most + 1) {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;  // tells once that the time has come, and is never read
    event.data.u32 = kTimer;
    if (epoll_ >= 0 && timer_ >= 0 && epoll_ctl(epoll_, EPOLL_CTL_ADD, timer_, &event) == 0) return;
    const int error = errno;
    close_all();
    throw std::system_error(error, std::generic_category(), "the load client cannot wait");
  }
  LoadPoll(const LoadPoll&) = delete;
  ~LoadPoll() { close_all(); }

  int file() const { return epoll_; }

  // What sockets have to tell, or nothing by `due` (a time of monotonic_now). To be called again
  // until the time has come: it returns before, to be awake for the last tenth of a millisecond,
  // since whoever sleeps is woken late.
  std::span<const epoll_event> wait(int64_t due) {
    const int64_t wake = due == kNever ? kNever : due - kAwake;
    const bool sleep = wake > monotonic_now();
    if (sleep && wake != armed_) arm(wake);
    const int count =
        epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), sleep ? -1 : 0);
    // -1: a signal, which is no event.
    const auto end = std::remove_if(events_.begin(), events_.begin() + std::max(count, 0),
                                    [this](const epoll_event& event) {
                                      if (event.data.u32 != kTimer) return false;
                                      armed_ = kNever;
                                      return true;
                                    });
    return {events_.data(), static_cast<size_t>(end - events_.begin())};
  }

 private:
  static constexpr int64_t kAwake = 100'000;
  static constexpr uint32_t kTimer = std::numeric_limits<uint32_t>::max();

  // Not epoll's own timeout: that counts in milliseconds, and glibc has the finer one since 2.35.
  void arm(int64_t wake) {
    itimerspec at{};
    if (wake != kNever) {
      at.it_value.tv_sec = wake / 1'000'000'000;
      at.it_value.tv_nsec = wake % 1'000'000'000;
    }
    timerfd_settime(timer_, TFD_TIMER_ABSTIME, &at, nullptr);
    armed_ = wake;
  }

  void close_all() const {
    if (timer_ >= 0) close(timer_);
    if (epoll_ >= 0) close(epoll_);
  }

  int epoll_ = -1, timer_ = -1;
  int64_t armed_ = kNever;
  std::vector<epoll_event> events_;
};

}  // namespace tamis
