// What became of one request at a steady rate.
#pragma once

#include <cstdint>

namespace tamis {

// Why there is no answer: nobody took the connection; it was closed, or reset, before the answer
// was whole; the answer made no sense; nothing moved for too long; no connection was free in time.
enum class LoadFailure : uint8_t { kNone, kRefused, kClosed, kReset, kMalformed, kSilent, kUnsent };

// A value, as Python reads it: "=qqqQQIHBB". Times are of CLOCK_MONOTONIC in nanoseconds; `begun`
// is 0 for what was never sent. Hashes: of status and headers, and of these and the body.
struct LoadRecord {
  // Bits of `flags`: the connection ended with it; it was due while no connection was free.
  static constexpr uint8_t kEnded = 1, kWaited = 2;

  int64_t due = 0, begun = 0, ended = 0;
  uint64_t head = 0, whole = 0;
  uint32_t request = 0;  // which of the load's
  uint16_t status = 0;
  LoadFailure failure = LoadFailure::kNone;
  uint8_t flags = 0;
};
static_assert(sizeof(LoadRecord) == 48);

}  // namespace tamis
