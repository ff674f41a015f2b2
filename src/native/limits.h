// Bounds on what a guest may use and put out; exceeding one ends the VM with a verdict.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tamis {

// The most text one header map may hold, dead entries included.
inline constexpr size_t kMaxMapBytes = size_t{64} << 20;

// A value: copied into every VM. Memory and stack in bytes; the deadline (milliseconds of real
// time) and the fuel each for one call into the guest. V8's cap in Envoy is 1 GiB of memory.
struct Limits {
  int64_t memory = int64_t{1} << 30;
  size_t stack = size_t{512} << 10;
  int64_t table_elements = 10'000'000;
  uint64_t deadline_ms = 10'000;
  uint64_t fuel = UINT64_MAX;
  size_t log_bytes = size_t{16} << 20;
  size_t body_bytes = size_t{256} << 20;
  // What Envoy buffers for a paused stream before it answers 413 (request) or 500 (response).
  size_t buffer_bytes = size_t{1} << 20;
};

// Thrown while a hostcall runs, caught by its trampoline, which traps the guest. Never escapes.
// A guest does what ends Envoy's process.
struct EnvoyCrash : std::runtime_error {
  explicit EnvoyCrash(const std::string& what)
      : std::runtime_error("this crashes Envoy: " + what) {}
};

struct OutputLimit : std::runtime_error {
  explicit OutputLimit(const std::string& text) : std::runtime_error(text) {}
  OutputLimit(const char* what, size_t limit)
      : std::runtime_error(std::string("output limit: more than ") + std::to_string(limit) +
                           " bytes of " + what) {}
};

// The same of what is counted.
struct TooMany : OutputLimit {
  TooMany(const char* what, uint64_t limit)
      : OutputLimit("output limit: more than " + std::to_string(limit) + " " + what) {}
};

// Appends `bytes` unless `to` would grow beyond `limit`: bytes of `what`. Throws OutputLimit.
inline void append_within(size_t limit, const char* what, std::string& to, std::string_view bytes) {
  if (to.size() + bytes.size() > limit) throw OutputLimit(what, limit);
  to.append(bytes);
}

}  // namespace tamis
