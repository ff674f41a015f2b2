// The same script many times over in one VM, on one thread, without Python.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "run.h"

namespace tamis {

namespace detail {

// FNV-1a with a final mix; the same on every machine.
class Hash {
 public:
  void add(std::string_view text) {
    number(text.size());
    for (const char c : text) step(static_cast<unsigned char>(c));
  }
  void number(uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) step(value >> shift & 0xff);
  }
  void add(const HeaderMap& map) {
    number(map.size());
    for (size_t i = 0; i < map.size(); ++i) {
      add(map.name(i));
      add(map.value(i));
    }
  }
  uint64_t value() const { return (state_ ^ (state_ >> 29)) * 0xbf58476d1ce4e5b9U; }

 private:
  void step(uint64_t byte) { state_ = (state_ ^ byte) * 0x100000001b3U; }
  uint64_t state_ = 0xcbf29ce484222325U;
};

inline uint64_t flags(const Side& side) {
  return uint64_t{side.started} | uint64_t{side.headers_sent} << 1 |
         uint64_t{side.has_trailers} << 2 | uint64_t{side.complete} << 3;
}

// Hash of everything an exchange put out; its log lines are those from `first` on.
inline uint64_t hash_of(const Stream& stream, const Log& log, size_t first = 0) {
  Hash hash;
  for (const Side& side : stream.sides) {
    hash.number(flags(side));
    if (!side.headers_sent) continue;
    hash.add(side.headers);
    hash.add(side.sent);
    if (side.complete) hash.add(side.trailers);
  }
  hash.number(uint64_t{stream.reply.sent} << 32 | static_cast<uint64_t>(stream.reset));
  if (stream.reply.sent) {
    hash.number(stream.reply.status);
    hash.add(stream.reply.details);
  }
  for (const auto& [callback, status] : stream.pauses)
    hash.number(static_cast<uint64_t>(callback) << 32 | status);
  for (const auto& [key, value] : stream.filter_state) {
    hash.add(key);
    hash.add(value);
  }
  for (size_t i = first; i < log.lines().size(); ++i) {
    hash.number(log.lines()[i].level);
    hash.add(log.text(log.lines()[i]));
  }
  return hash.value();
}

// Hash of everything a connection put out.
template <typename H>
uint64_t hash_of(const NetworkFlow<H>& connection, const Log& log, size_t first = 0) {
  Hash hash;
  for (const Side& side : connection.stream().sides) hash.add(side.sent);
  hash.number(static_cast<uint64_t>(connection.closed()));
  hash.number(hash_of(connection.stream(), log, first));
  return hash.value();
}

// Hash of what a callout sent.
inline uint64_t hash_of(const CalloutRecord& callout) {
  Hash hash;
  hash.number(static_cast<uint64_t>(callout.kind));
  hash.add(callout.cluster);
  hash.add(callout.headers);
  hash.add(callout.body);
  hash.add(callout.trailers);
  for (const std::string& message : callout.messages) hash.add(message);
  return hash.value();
}

// What one exchange of the script put out the first time, to notice cheaply that it did it again.
// Lives for one replay.
class Remembered {
 public:
  // The exchange's hash: the known one when nothing differs, else computed.
  uint64_t hash(const Stream& stream, const Log& log) {
    if (known_ && same(stream, log)) return hash_;
    hash_ = hash_of(stream, log);
    for (size_t i = 0; i < 2; ++i) {
      const Side& side = stream.sides[i];
      flags_[i] = flags(side);
      headers_[i].assign(side.headers);
      trailers_[i].assign(side.trailers);
      sent_[i] = side.sent;
    }
    plain_ = plain(stream, log);
    known_ = true;
    return hash_;
  }

 private:
  // Local replies, resets, pauses, filter state and logs are hashed anew each time.
  static bool plain(const Stream& stream, const Log& log) {
    return !stream.reply.sent && stream.reset == Reset::kNone && stream.pauses.empty() &&
           stream.filter_state.empty() && log.lines().empty();
  }
  bool same(const Stream& stream, const Log& log) const {
    if (!plain_ || !plain(stream, log)) return false;
    for (size_t i = 0; i < 2; ++i) {
      const Side& side = stream.sides[i];
      if (flags_[i] != flags(side) || sent_[i] != side.sent || !(headers_[i] == side.headers) ||
          !(trailers_[i] == side.trailers))
        return false;
    }
    return true;
  }

  bool known_ = false, plain_ = false;
  uint64_t hash_ = 0;
  std::array<uint64_t, 2> flags_{};
  std::array<HeaderMap, 2> headers_, trailers_;
  std::array<std::string, 2> sent_;
};

}  // namespace detail

// A value. `hash`: the sum of the hashes of all exchanges, whatever their order; `seconds`,
// `counts` and `fuel` are of the exchanges alone, without the start of the plugins.
struct ReplayResult {
  std::string refused;  // which callback refused the start, or empty
  uint64_t exchanges = 0, hash = 0, unanswered = 0;
  double seconds = 0;
  Counts counts;
  std::optional<uint64_t> fuel;
};

// Runs the script's steps `passes` times; ends early when the filter breaks, and between two steps
// once `stop` is true. Each pass meets the world that the last one left, but for the callout rules,
// which count anew.
template <typename Instance>
ReplayResult replay(RunOf<Instance>& run, uint64_t passes, const std::atomic<bool>& stop) {
  ReplayResult result;
  result.refused = run.start();
  if (!result.refused.empty()) return result;
  run.world.log.clear();
  const Counts started = run.counts();
  const uint64_t burnt = run.fuel().value_or(0);
  const auto& steps = run.world.script.steps;
  std::vector<detail::Remembered> seen(steps.size());
  const auto begin = std::chrono::steady_clock::now();
  const auto over = [&] {
    return run.vm().failure().kind != TrapKind::kNone || stop.load(std::memory_order_relaxed);
  };
  for (uint64_t pass = 0; pass < passes && !over(); ++pass) {
    run.world.rewind();
    for (size_t at = 0; at < steps.size() && !over();) {
      const size_t next = run.step(at);
      for (size_t i = 0; i < run.streams().size(); ++i)
        result.hash += seen[at + i].hash(run.streams()[i]->stream(), run.world.log);
      for (const auto* connection : run.connections())
        result.hash += detail::hash_of(*connection, run.world.log);
      result.exchanges += run.streams().size() + run.connections().size();
      for (const CalloutRecord& callout : run.world.callouts) {
        result.hash += detail::hash_of(callout);
        result.unanswered += callout.answered ? 0 : 1;
      }
      run.world.log.clear();
      if (!run.world.waiting()) run.world.forget_callouts();
      at = next;
    }
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  result.counts = run.counts();
  result.counts.since(started);
  if (const auto fuel = run.fuel()) result.fuel = *fuel - burnt;
  return result;
}

}  // namespace tamis
