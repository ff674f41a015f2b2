// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Fresh memory: the module's own, or the machine's.
#ifndef TAMIS_BACKEND_ROOM_H_
#define TAMIS_BACKEND_ROOM_H_

#include "tamis/memory.h"
#include "tamis/types.h"

#if defined(__wasm__)
extern "C" {
// wasm-ld defines them: what the program's data leave of its first pages.
extern char __heap_base;  // NOLINT(bugprone-reserved-identifier)
extern char __heap_end;   // NOLINT(bugprone-reserved-identifier)
}
#else
#include <sys/mman.h>
#endif

namespace tamis::backend {

#if defined(__wasm__)

inline constexpr size_t kPage = 65536;

inline constinit TAMIS_OF_THREAD Room rest_ = {&__heap_base, &__heap_end};

inline Room more_memory(size_t size) {
  const size_t pages = (size + kPage - 1) / kPage;
  const size_t before = __builtin_wasm_memory_grow(0, pages);
  if (before == SIZE_MAX) __builtin_trap();
  return {reinterpret_cast<char*>(before * kPage),
          reinterpret_cast<char*>((before + pages) * kPage)};
}

#else

/// Each is a call of the kernel: a whole megabyte at a time.
inline constexpr size_t kPage = 1048576;

inline constinit TAMIS_OF_THREAD Room rest_ = {nullptr, nullptr};

inline Room more_memory(size_t size) {
  const size_t whole = (size + kPage - 1) / kPage * kPage;
  void* fresh = mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (fresh == MAP_FAILED) __builtin_trap();
  return {static_cast<char*>(fresh), static_cast<char*>(fresh) + whole};
}

#endif

}  // namespace tamis::backend

#endif  // TAMIS_BACKEND_ROOM_H_
