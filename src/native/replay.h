// The same script many times over in one VM, on one thread, without Python.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "vm.h"

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

// Hash of everything an exchange put out.
inline uint64_t hash_of(const Stream& stream, const Log& log) {
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
  for (const Log::Line& line : log.lines()) {
    hash.number(line.level);
    hash.add(log.text(line));
  }
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

// A value. `hash`: the sum of the hashes of all exchanges, whatever their order; `seconds` are of
// the exchanges alone, the start of the plugin is not in them.
struct ReplayResult {
  std::string refused;  // which callback refused the start, or empty
  uint64_t exchanges = 0, hash = 0;
  double seconds = 0;
  std::optional<uint64_t> fuel;
};

// Runs the script's exchanges `passes` times; stops early when the guest breaks.
inline ReplayResult replay(Vm& vm, const Script& script, uint64_t passes) {
  ReplayResult result;
  result.refused = vm.start();
  if (!result.refused.empty()) return result;
  vm.host.log.clear();
  std::vector<detail::Remembered> seen(script.exchanges.size());
  const auto begin = std::chrono::steady_clock::now();
  for (uint64_t pass = 0; pass < passes && vm.failure().kind == TrapKind::kNone; ++pass) {
    for (size_t i = 0; i < script.exchanges.size(); ++i) {
      vm.run(script.exchanges[i]);
      result.hash += seen[i].hash(vm.host.stream, vm.host.log);
      ++result.exchanges;
      vm.host.log.clear();
    }
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  result.fuel = vm.fuel();
  return result;
}

}  // namespace tamis
