// A client of one HTTP/1.1 server on this machine: what it asks is counted and timed, on one
// thread, with as little of its own as can be. Linux alone.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "load_poll.h"
#include "load_record.h"
#include "load_socket.h"

namespace tamis {

// Used by one thread at a time; its connections live as long as it does, or until they break.
class Load {
 public:
  // Answers by status, which has three digits.
  using Statuses = std::array<uint64_t, 1000>;

  // What one request was answered; a value. `status` 0: nothing in time, or the connection broke.
  // `closed`: the server ended the connection with the answer or right behind it, or said it would.
  struct Asked {
    uint32_t status = 0;
    bool closed = true;
    uint64_t body = 0;             // bytes
    uint64_t head = 0, whole = 0;  // hashes, as records have them
  };

  // What became of a slice; a value. `failed`: connections that broke, answers that never came.
  struct Tally {
    uint64_t answered = 0, failed = 0;
    Statuses statuses{};
  };

  // What became of requests at a steady rate, in the order in which they ended; a value.
  struct Steady {
    std::vector<LoadRecord> records;
    uint64_t failed = 0;
    Statuses statuses{};
  };

  // `requests`: whole, sent as they are, in turn. `timeout`: seconds without any progress after
  // which a request has failed. `pulse` is called ten times a second while others are waited for;
  // what it throws ends the call. Throws std::invalid_argument.
  Load(uint16_t port, std::vector<std::string> requests, size_t connections, double timeout,
       std::function<void()> pulse)
      : requests_(std::move(requests)),
        timeout_(nanoseconds(timeout)),
        pulse_(std::move(pulse)),
        poll_(std::min(connections, kMaxConnections)) {
    const auto empty = [](const std::string& request) { return request.empty(); };
    if (requests_.empty() || std::ranges::any_of(requests_, empty))
      throw std::invalid_argument("a load needs requests, none of them empty");
    if (connections == 0 || connections > kMaxConnections)
      throw std::invalid_argument("a load has 1 to 1024 connections");
    for (uint32_t tag = 0; tag < connections; ++tag) sockets_.emplace_back(poll_.file(), tag, port);
  }
  Load(const Load&) = delete;

  // Sends the request at `index` alone, and waits for what the server does behind its answer.
  // Throws std::out_of_range.
  Asked ask(size_t index) {
    const Settled settled(*this);
    Asked asked;
    LoadSocket& socket = sockets_.front();
    const auto ended = [&](const LoadSocket& ended, bool answered) {
      if (!answered) return;
      asked.status = ended.answer().status();
      asked.body = ended.answer().body();
      asked.head = ended.answer().head_hash();
      asked.whole = ended.answer().whole_hash();
    };
    begin(socket, requests_.at(index), ended, true);
    while (under_way_ > 0) serve(kNever, ended);
    const int64_t until = monotonic_now() + kBehind;
    while (socket.open() && monotonic_now() < until) serve(until, ended);
    asked.closed = !socket.open();
    return asked;
  }

  // A request on each connection, all their answers, and again until there are `count` answers; or
  // until a whole round had none.
  Tally slice(uint64_t count) {
    const Settled settled(*this);
    Tally tally;
    const auto ended = [&](const LoadSocket& socket, bool answered) {
      if (!answered) {
        ++tally.failed;
        return;
      }
      ++tally.answered;
      ++tally.statuses[socket.answer().status()];
    };
    while (tally.answered < count) {
      const uint64_t before = tally.answered;
      const uint64_t round = std::min<uint64_t>(count - before, sockets_.size());
      for (size_t i = 0; i < round; ++i) begin(sockets_[i], next_request(), ended);
      while (under_way_ > 0) serve(kNever, ended);
      if (tally.answered == before) break;
      serve(0, ended);  // what the server closed behind its answers
    }
    return tally;
  }

  // `count` requests, each due at its time of `rate` a second whatever the others do. One that
  // finds no connection free waits for its turn, which its latency shows; it fails once it has
  // waited for the timeout and nothing was read for as long. Throws std::invalid_argument.
  Steady steady(double rate, uint64_t count) {
    if (!(rate > 0 && static_cast<double>(count) / rate <= kMaxSeconds))
      throw std::invalid_argument("a rate is above 0, and takes at most a million seconds");
    if (count > kMaxRecords) throw std::invalid_argument("a steady load has at most 2^22 requests");
    const Settled settled(*this);
    Steady steady;
    steady.records.reserve(count);
    const int64_t start = monotonic_now();
    const auto due = [&](uint64_t i) {
      return start + static_cast<int64_t>(static_cast<double>(i) * 1e9 / rate);
    };
    const auto ended = [&](const LoadSocket& socket, bool answered) {
      LoadRecord& record = steady.records.emplace_back(under_way_with_[socket.tag()]);
      record.ended = answered ? socket.heard() : monotonic_now();
      record.failure = socket.failure();
      if (!socket.open()) record.flags |= LoadRecord::kEnded;
      if (!answered) {
        ++steady.failed;
        return;
      }
      record.status = static_cast<uint16_t>(socket.answer().status());
      record.head = socket.answer().head_hash();
      record.whole = socket.answer().whole_hash();
      ++steady.statuses[record.status];
    };
    heard_ = start;
    bool waited = false;
    for (uint64_t next = 0; next < count || under_way_ > 0;) {
      LoadSocket* const free = next < count ? find_free() : nullptr;
      waited |= free == nullptr;
      serve(free != nullptr ? due(next) : kNever, ended);
      const int64_t now = monotonic_now();
      if (free != nullptr && due(next) <= now) {
        const auto flags = waited ? LoadRecord::kWaited : uint8_t{0};
        under_way_with_[free->tag()] = {.due = due(next++), .begun = now, .flags = flags};
        under_way_with_[free->tag()].request = static_cast<uint32_t>(turn_ % requests_.size());
        begin(*free, next_request(), ended, true);
      } else if (free != nullptr) {
        waited = false;
      }
      if (stopped_)
        while (count > next && due(count - 1) > now) --count;
      if (free == nullptr && heard_ < now - timeout_)
        for (; next < count && due(next) < now - timeout_; ++next) {
          steady.records.push_back({.due = due(next), .ended = now});
          steady.records.back().failure = LoadFailure::kUnsent;
          ++steady.failed;
        }
    }
    return steady;
  }

  // No request becomes due any more, now or later. Any thread may say so at any time.
  void stop() { stopped_ = true; }

  // Ends the connections; the next call opens others.
  void close() {
    for (LoadSocket& socket : sockets_) socket.close();
    under_way_ = 0;
  }

 private:
  static constexpr size_t kMaxConnections = 1024;
  static constexpr double kMaxSeconds = 1e6;
  static constexpr uint64_t kMaxRecords = uint64_t{1} << 22;
  static constexpr int64_t kBeat = 100'000'000;
  // How long a server may take to close a connection behind its answer.
  static constexpr int64_t kBehind = 50'000'000;

  // Lives during a call. An exception leaves requests under way: their answers are nobody's.
  class Settled {
   public:
    explicit Settled(Load& load) : load_(load) {
      load_.beat_ = monotonic_now() + kBeat;
      load_.serve(0, [](const LoadSocket&, bool) {});  // what was closed since the last call
    }
    Settled(const Settled&) = delete;
    ~Settled() {
      if (load_.under_way_ > 0) load_.close();
    }

   private:
    Load& load_;
  };

  static int64_t nanoseconds(double timeout) {
    if (!(timeout > 0 && timeout <= kMaxSeconds))
      throw std::invalid_argument("a timeout is above 0 and at most a million seconds");
    return static_cast<int64_t>(timeout * 1e9);
  }

  const std::string& next_request() { return requests_[turn_++ % requests_.size()]; }

  // From the one that was used last on, which is busy still: so all are used in turn, whichever of
  // the server's threads has them.
  LoadSocket* find_free() {
    for (size_t i = 0; i < sockets_.size(); ++i) {
      LoadSocket& socket = sockets_[(free_ + i) % sockets_.size()];
      if (socket.busy()) continue;
      free_ = socket.tag();
      return &socket;
    }
    return nullptr;
  }

  // `ended(socket, answered)` hears of each request once.
  template <typename Ended>
  void begin(LoadSocket& socket, const std::string& request, const Ended& ended,
             bool hashed = false) {
    ++under_way_;
    settle(socket, socket.begin(request, hashed), ended);
  }

  template <typename Ended>
  void settle(const LoadSocket& socket, LoadSocket::Result result, const Ended& ended) {
    if (result == LoadSocket::Result::kPending) return;
    --under_way_;
    ended(socket, result == LoadSocket::Result::kAnswered);
  }

  // Waits for answers, at most until `due`.
  template <typename Ended>
  void serve(int64_t due, const Ended& ended) {
    for (const epoll_event& event : poll_.wait(std::min(due, beat_))) {
      LoadSocket& socket = sockets_[event.data.u32];
      settle(socket, socket.ready(event.events, buffer_), ended);
      heard_ = std::max(heard_, socket.heard());
    }
    const int64_t now = monotonic_now();
    if (now < beat_) return;
    beat_ = now + kBeat;
    pulse_();
    for (LoadSocket& socket : sockets_)
      if (socket.busy() && socket.moved() < now - timeout_) settle(socket, socket.give_up(), ended);
  }

  const std::vector<std::string> requests_;
  const int64_t timeout_;
  const std::function<void()> pulse_;
  LoadPoll poll_;
  std::deque<LoadSocket> sockets_;
  std::array<LoadRecord, kMaxConnections> under_way_with_{};
  std::vector<char> buffer_ = std::vector<char>(size_t{64} << 10);
  uint64_t turn_ = 0;
  size_t under_way_ = 0, free_ = 0;
  std::atomic<bool> stopped_ = false;
  int64_t beat_ = 0, heard_ = 0;
};

}  // namespace tamis
