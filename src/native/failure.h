// How a guest broke.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tamis {

enum class TrapKind : uint8_t {
  kNone,
  kUnreachable,
  kOutOfBounds,
  kStack,
  kOutOfMemory,
  kDeadline,
  kOther
};

// Where a function of the guest was: its index in the module, the offset in it, its name and the
// module's as the module has them, or nothing.
struct Frame {
  uint32_t function = 0;
  size_t offset = 0;
  std::string name, module;
};

// How a guest broke; `callback` is the innermost guest function that was called. `backtrace`: the
// engine's own words for `frames`, innermost first.
struct Failure {
  TrapKind kind = TrapKind::kNone;
  std::string_view callback;
  std::string text;
  std::string backtrace;
  std::vector<Frame> frames;
};

}  // namespace tamis
