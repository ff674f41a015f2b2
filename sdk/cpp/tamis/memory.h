// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory in arenas: what lives for one callback, for one stream, or for the plugin.
//
// Blocks come in powers of two and go back to a free list of their size, so a filter that serves a
// million streams needs no more memory than its busiest moment did.
#ifndef TAMIS_MEMORY_H_
#define TAMIS_MEMORY_H_

#include "tamis/types.h"

namespace tamis {

/// Copies and returns where the copy ends.
[[gnu::noinline]] inline char* copy_to(char* to, StringView text) {
  __builtin_memcpy(to, text.data(), text.size());
  return to + text.size();
}

namespace backend {
/// At least `size` fresh bytes from the machine, aligned to 8; `got` tells how many. Never null:
/// a back end without memory left ends the program.
char* more_memory(size_t size, size_t* got);
}  // namespace backend

/// Powers of two with free lists over memory that only grows. One per program.
class Heap {
 public:
  /// The smallest order whose block holds `size` bytes.
  static constexpr unsigned order_of(size_t size) {
    return size <= 16 ? 4U
                      : static_cast<unsigned>(8 * sizeof(unsigned long)) -
                            static_cast<unsigned>(__builtin_clzl(size - 1));
  }

  /// 2^order bytes, aligned to 8.
  [[gnu::noinline]] void* allocate(unsigned order) {
    if (order >= kOrders) __builtin_trap();
    if (Free* block = free_[order]) {
      free_[order] = block->next;
      return block;
    }
    const size_t size = size_t{1} << order;
    if (static_cast<size_t>(end_ - at_) < size) {
      size_t got = 0;
      char* fresh = backend::more_memory(size, &got);
      if (fresh != end_) at_ = fresh;  // what was left is lost, at most one block's worth
      end_ = fresh + got;
    }
    char* block = at_;
    at_ += size;
    return block;
  }

  /// Takes back what allocate(order) gave.
  void release(void* block, unsigned order) {
    auto* free = static_cast<Free*>(block);
    free->next = free_[order];
    free_[order] = free;
  }

 private:
  struct Free {
    Free* next;
  };
  static constexpr unsigned kOrders = 31;
  Free* free_[kOrders] = {};
  char* at_ = nullptr;
  char* end_ = nullptr;
};

inline constinit Heap heap_;

/// Owns everything that is allocated from it, until reset() or its own end. No destructors run.
class Arena {
 public:
  constexpr Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() { reset(); }

  /// `size` bytes, aligned to 8, not cleared.
  [[gnu::noinline]] void* allocate(size_t size) {
    size = (size + 7) & ~size_t{7};
    if (static_cast<size_t>(end_ - at_) < size) grow(size);
    char* block = at_;
    at_ += size;
    return block;
  }

  /// Room for `count` values of a type that needs no destructor.
  template <class T>
  T* array(size_t count) {
    static_assert(__is_trivially_destructible(T));
    if (count > SIZE_MAX / 2 / sizeof(T)) __builtin_trap();
    return static_cast<T*>(allocate(count * sizeof(T)));
  }

  /// A value-initialised T that needs no destructor.
  template <class T>
  T* make() {
    T* made = array<T>(1);
    *made = T{};
    return made;
  }

  /// A copy that lives as long as this arena.
  [[gnu::noinline]] StringView keep(StringView text) {
    char* copy = array<char>(text.size());
    copy_to(copy, text);
    return {copy, text.size()};
  }

  /// Frees everything.
  [[gnu::noinline]] void reset() {
    while (chunks_ != nullptr) {
      Chunk* chunk = chunks_;
      chunks_ = chunk->next;
      heap_.release(chunk, chunk->order);
    }
    at_ = end_ = nullptr;
  }

 private:
  struct Chunk {
    Chunk* next;
    unsigned order;
  };
  static constexpr unsigned kFirst = 10;  // 1 KiB holds the header map of a usual request
  static constexpr size_t kHead = (sizeof(Chunk) + 7) & ~size_t{7};

  void grow(size_t size) {
    if (size > SIZE_MAX / 4) __builtin_trap();
    unsigned order = Heap::order_of(size + kHead);
    const unsigned usual = chunks_ != nullptr ? chunks_->order + 1 : kFirst;
    if (order < usual && usual <= kLast) order = usual;
    auto* chunk = static_cast<Chunk*>(heap_.allocate(order));
    chunk->next = chunks_;
    chunk->order = order;
    chunks_ = chunk;
    at_ = reinterpret_cast<char*>(chunk) + kHead;
    end_ = reinterpret_cast<char*>(chunk) + (size_t{1} << order);
  }

  static constexpr unsigned kLast = 20;  // beyond 1 MiB a chunk is as large as asked for
  Chunk* chunks_ = nullptr;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

/// Memory of the callback that runs now: freed when it returns. Whatever the host hands over
/// (header maps, bodies, properties) lies here.
[[clang::no_destroy]] inline constinit Arena scratch_;
inline Arena& scratch() { return scratch_; }

}  // namespace tamis

/// `new (arena) T`: for types that need no destructor.
inline void* operator new(size_t size, tamis::Arena& arena) noexcept {
  return arena.allocate(size);
}

#endif  // TAMIS_MEMORY_H_
