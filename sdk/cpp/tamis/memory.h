// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory in arenas: what lives for one callback, for one stream, or for the plugin.
//
// Blocks come in powers of two and go back to a free list of their size, so a filter that serves a
// million streams needs no more memory than its busiest moment did.
#ifndef TAMIS_MEMORY_H_
#define TAMIS_MEMORY_H_

#include "tamis/types.h"

// Dynamic modules of Envoy run in several threads, each of which hands out memory of its own.
#if defined(TAMIS_ENVOY)
#define TAMIS_OF_THREAD thread_local
#else
#define TAMIS_OF_THREAD
#endif

namespace tamis {

/// Copies and returns where the copy ends.
[[gnu::noinline]] inline char* copy_to(char* to, StringView text) {
  __builtin_memcpy(to, text.data(), text.size());
  return to + text.size();
}

namespace backend {
/// Bytes from the machine, aligned to 8.
struct Room {
  char* begin;
  char* end;
};
/// What nobody took yet; at first what is there before anybody asks. Defined by the back end.
extern TAMIS_OF_THREAD Room rest_;
/// At least `size` fresh bytes. Never empty: a back end without memory left ends the program.
Room more_memory(size_t size);
}  // namespace backend

/// Powers of two with free lists over memory that only grows. One per program.
class Heap {
 public:
  /// The smallest order, from `least` on, whose block holds `size` bytes: 1 to 2^31.
  static constexpr unsigned order_of(size_t size, unsigned least = 4) {
    const size_t below = (size_t{1} << least) - 1;
    return static_cast<unsigned>(8 * sizeof(unsigned long)) -
           static_cast<unsigned>(__builtin_clzl((size - 1) | below));
  }

  /// 2^order bytes, aligned to 8. `order` is at most 31.
  [[gnu::noinline]] void* allocate(unsigned order) {
    if (Free* block = free_[order]) {
      free_[order] = block->next;
      return block;
    }
    const size_t size = size_t{1} << order;
    backend::Room& rest = backend::rest_;
    if (static_cast<size_t>(rest.end - rest.begin) < size) {
      const backend::Room fresh = backend::more_memory(size);
      // What was left is lost, at most one block's worth, unless more came right behind it.
      if (fresh.begin != rest.end) rest.begin = fresh.begin;
      rest.end = fresh.end;
    }
    char* block = rest.begin;
    rest.begin += size;
    return block;
  }

  /// Takes back what allocate(order) gave.
  [[gnu::noinline]] void release(void* block, unsigned order) {
    auto* free = static_cast<Free*>(block);
    free->next = free_[order];
    free_[order] = free;
  }

 private:
  struct Free {
    Free* next;
  };
  static constexpr unsigned kOrders = 32;
  Free* free_[kOrders] = {};
};

inline constinit TAMIS_OF_THREAD Heap heap_;

/// Owns everything that is allocated from it, until reset() or its own end. No destructors run.
class Arena {
 public:
  constexpr Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() { reset(); }

  /// `size` bytes, aligned to 8, not cleared.
  [[gnu::noinline]] void* allocate(size_t size) {
    // Room is a multiple of 8, so what fits does so rounded up, too.
    if (size > static_cast<size_t>(end_ - at_)) grow(size);
    char* block = at_;
    at_ += (size + 7) & ~size_t{7};
    return block;
  }

  /// Room for `count` values of a type that needs no destructor.
  template <class T>
  T* array(size_t count) {
    static_assert(__is_trivially_destructible(T));
    if (sizeof(T) > 1 && count > SIZE_MAX / 2 / sizeof(T)) __builtin_trap();
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

  /// Frees everything. What then fits into `room`, which it does not own, needs no chunk.
  [[gnu::noinline]] void reset(backend::Room room = {nullptr, nullptr}) {
    while (chunks_ != nullptr) {
      Chunk* chunk = chunks_;
      chunks_ = chunk->next;
      heap_.release(chunk, chunk->order);
    }
    at_ = room.begin;
    end_ = room.end;
  }

 private:
  struct Chunk {
    Chunk* next;
    unsigned order;
  };
  static constexpr unsigned kLeast = 10;  // 1 KiB holds the header map of a usual request
  static constexpr size_t kHead = (sizeof(Chunk) + 7) & ~size_t{7};

  void grow(size_t size) {
    if (size >> 30 != 0) __builtin_trap();  // a gigabyte: then there is an order with the head
    const unsigned order = Heap::order_of(size + kHead, kLeast);
    auto* chunk = static_cast<Chunk*>(heap_.allocate(order));
    chunk->next = chunks_;
    chunk->order = order;
    chunks_ = chunk;
    at_ = reinterpret_cast<char*>(chunk) + kHead;
    end_ = reinterpret_cast<char*>(chunk) + (size_t{1} << order);
  }

  Chunk* chunks_ = nullptr;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

/// Memory of the callback that runs now: freed when it returns. Whatever the host hands over
/// (header maps, bodies, properties) lies here.
[[clang::no_destroy]] inline constinit TAMIS_OF_THREAD Arena scratch_;
inline Arena& scratch() { return scratch_; }

}  // namespace tamis

/// `new (arena) T`: for types that need no destructor.
inline void* operator new(size_t size, tamis::Arena& arena) noexcept {
  return arena.allocate(size);
}

#endif  // TAMIS_MEMORY_H_
