// Exact costs of a run: crossings, bytes, allocations, memory.
#pragma once

#include <array>
#include <cstdint>

#include "abi_table.h"

namespace tamis {

// Guest functions the host calls that are no callbacks.
enum class Entry : uint8_t {
  malloc,
  proxy_on_memory_allocate,
  _initialize,
  main,
  __main_void,
  _start
};
inline constexpr std::array<std::string_view, 6> kEntries{
    "malloc", "proxy_on_memory_allocate", "_initialize", "main", "__main_void", "_start"};

// Lives with its VM. `bytes_in`: payload copied into the guest; `bytes_out`: payload read from it
// (the words that carry addresses and sizes are not counted).
struct Counts {
  std::array<uint64_t, kImports.size()> imports{};
  std::array<uint64_t, kCallbacks.size()> callbacks{};
  std::array<uint64_t, kEntries.size()> entries{};
  std::array<bool, kImports.size()> unimplemented{};  // host functions that answered UNIMPLEMENTED
  uint64_t bytes_in = 0, bytes_out = 0, allocations = 0, memory_high_water = 0;
};

}  // namespace tamis
