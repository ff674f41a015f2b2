// Exact costs of a run: crossings, bytes, allocations, memory.
#pragma once

#include <algorithm>
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
  // By import and status: how often it answered so, other than OK.
  std::array<std::array<uint32_t, kUnimplemented + 1>, kImports.size()> failed{};
  uint64_t bytes_in = 0, bytes_out = 0, allocations = 0, memory_high_water = 0;

  // Both together; memory: the larger.
  void add(const Counts& other) {
    merge(other, 1);
    for (size_t i = 0; i < unimplemented.size(); ++i) unimplemented[i] |= other.unimplemented[i];
    memory_high_water = std::max(memory_high_water, other.memory_high_water);
  }

  // What came after `before`; of memory and of what is unimplemented: all.
  void since(const Counts& before) { merge(before, UINT64_MAX); }

 private:
  // Adds the other's counts so many times, modulo 2^64.
  void merge(const Counts& other, uint64_t times) {
    const auto sum = [times](auto& into, const auto& from) {
      for (size_t i = 0; i < into.size(); ++i) into[i] += from[i] * times;
    };
    sum(imports, other.imports);
    sum(callbacks, other.callbacks);
    sum(entries, other.entries);
    for (size_t i = 0; i < failed.size(); ++i) sum(failed[i], other.failed[i]);
    bytes_in += other.bytes_in * times;
    bytes_out += other.bytes_out * times;
    allocations += other.allocations * times;
  }
};

}  // namespace tamis
