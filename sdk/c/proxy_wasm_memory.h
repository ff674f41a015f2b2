// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bytes and where they live: views, and arenas that give everything back at once.
//
// There is no free(). What is taken from an arena lives until that arena is emptied:
//   pw_scratch          when the callback returns; whatever the host hands over lies here
//   stream->memory      when the exchange is over
//   plugin->memory      when the proxy drops the configuration
// Below them is one heap of blocks in powers of two with a free list for each size, over Wasm
// memory that only grows: a filter that served a million exchanges needs no more than its busiest
// moment. Without memory left the module traps.
#ifndef PROXY_WASM_MEMORY_H_
#define PROXY_WASM_MEMORY_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Borrowed bytes; not terminated by NUL.
typedef struct pw_view {
  const char* data;
  size_t size;
} pw_view;

/// A view of a literal: PW("x-team"). A NUL may stand in it: PW("request\0path").
#define PW(literal) ((pw_view){"" literal, sizeof(literal) - 1})

static inline bool pw_equal(pw_view a, pw_view b) {
  if (a.size != b.size) return false;
  for (size_t at = 0; at < a.size; ++at) {
    if (a.data[at] != b.data[at]) return false;
  }
  return true;
}

/// As pw_equal(), in a time that tells only whether the sizes differ.
static inline bool pw_equal_secret(pw_view a, pw_view b) {
  if (a.size != b.size) return false;
  volatile unsigned char difference = 0;
  for (size_t at = 0; at < a.size; ++at) difference |= (unsigned char)(a.data[at] ^ b.data[at]);
  return difference == 0;
}

/// What is left of `text` behind its first `count` bytes.
static inline pw_view pw_skip(pw_view text, size_t count) {
  if (count > text.size) count = text.size;
  return (pw_view){text.data + count, text.size - count};
}

static inline bool pw_starts_with(pw_view text, pw_view prefix) {
  return text.size >= prefix.size && pw_equal((pw_view){text.data, prefix.size}, prefix);
}

/// Where `wanted` first occurs in `text`; text.size when it does not.
static inline size_t pw_find(pw_view text, pw_view wanted) {
  for (size_t at = 0; at + wanted.size <= text.size; ++at) {
    if (pw_starts_with(pw_skip(text, at), wanted)) return at;
  }
  return text.size;
}

struct pw_chunk_ {
  struct pw_chunk_* next;
  uint32_t order;
};

/// Start with {0}.
struct pw_arena {
  struct pw_chunk_* chunks;
  char* at;
  char* end;
};

struct pw_heap_ {
  struct pw_chunk_* free[31];
  char* at;
  char* end;
};

// PW_FILTER defines them.
extern struct pw_heap_ pw_heap_;
extern struct pw_arena pw_scratch;

// wasm-ld defines them: what the program's data leave of its first pages.
extern char __heap_base;
extern char __heap_end;

#define PW_PAGE_ 65536U
/// Two to the power of it is the most that can be asked for, with its head.
#define PW_MOST_ORDER_ 30U

/// 2^order bytes, aligned to 8.
__attribute__((noinline)) static struct pw_chunk_* pw_block_(uint32_t order) {
  struct pw_chunk_* block = pw_heap_.free[order];
  if (block != NULL) {
    pw_heap_.free[order] = block->next;
  } else {
    const size_t size = (size_t)1 << order;
    if ((size_t)(pw_heap_.end - pw_heap_.at) < size) {
      const size_t pages = (size + PW_PAGE_ - 1) / PW_PAGE_;
      const size_t before = __builtin_wasm_memory_grow(0, pages);
      if (before == SIZE_MAX) __builtin_trap();
      char* fresh = (char*)(before * PW_PAGE_);
      // What was left is lost, at most one block's worth, unless more came right behind it.
      if (fresh != pw_heap_.end) pw_heap_.at = fresh;
      pw_heap_.end = fresh + pages * PW_PAGE_;
    }
    block = (struct pw_chunk_*)pw_heap_.at;
    pw_heap_.at += size;
  }
  block->order = order;
  return block;
}

/// `size` bytes, aligned to 8, not cleared.
__attribute__((noinline)) static inline void* pw_take(struct pw_arena* arena, size_t size) {
  // Room is a multiple of 8, so what fits does so rounded up, too.
  if (size > (size_t)(arena->end - arena->at)) {
    if (size > ((size_t)1 << PW_MOST_ORDER_) - sizeof(struct pw_chunk_)) __builtin_trap();
    // 128 bytes hold a stream that keeps little, and many a header.
    const size_t whole = (size + sizeof(struct pw_chunk_) - 1) | 127;
    struct pw_chunk_* chunk = pw_block_(32U - (uint32_t)__builtin_clzl(whole));
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    arena->at = (char*)(chunk + 1);
    arena->end = (char*)chunk + ((size_t)1 << chunk->order);
  }
  char* taken = arena->at;
  arena->at += (size + 7) & ~(size_t)7;
  return taken;
}

/// Gives back everything that was taken.
__attribute__((noinline)) static inline void pw_empty(struct pw_arena* arena) {
  while (arena->chunks != NULL) {
    struct pw_chunk_* chunk = arena->chunks;
    arena->chunks = chunk->next;
    chunk->next = pw_heap_.free[chunk->order];
    pw_heap_.free[chunk->order] = chunk;
  }
  arena->at = arena->end = NULL;
}

/// A copy that lives as long as `arena`.
static inline pw_view pw_keep(struct pw_arena* arena, pw_view bytes) {
  char* copy = pw_take(arena, bytes.size);
  __builtin_memcpy(copy, bytes.data, bytes.size);
  return (pw_view){copy, bytes.size};
}

/// Text that is put together piece by piece: struct pw_text line = {.arena = &pw_scratch};
struct pw_text {
  char* data;
  size_t size;
  size_t room;
  struct pw_arena* arena;
};

__attribute__((noinline)) static inline void pw_append(struct pw_text* text, pw_view piece) {
  if (piece.size > text->room - text->size) {
    text->room = (text->size + piece.size) * 2;
    char* larger = pw_take(text->arena, text->room);
    __builtin_memcpy(larger, text->data, text->size);
    text->data = larger;
  }
  __builtin_memcpy(text->data + text->size, piece.data, piece.size);
  text->size += piece.size;
}

__attribute__((noinline)) static inline pw_view pw_join_(struct pw_arena* arena,
                                                         const pw_view* pieces, size_t count) {
  size_t size = 0;
  for (size_t at = 0; at < count; ++at) size += pieces[at].size;
  char* const joined = pw_take(arena, size);
  char* to = joined;
  for (; count > 0; --count, ++pieces) {
    __builtin_memcpy(to, pieces->data, pieces->size);
    to += pieces->size;
  }
  return (pw_view){joined, size};
}

/// Views one behind the other: pw_join(&pw_scratch, PW("denied: no "), name).
#define pw_join(arena, ...) \
  pw_join_(arena, (pw_view[]){__VA_ARGS__}, sizeof((pw_view[]){__VA_ARGS__}) / sizeof(pw_view))

/// A number in decimal digits; lives until the callback returns.
static inline pw_view pw_decimal(uint64_t number) {
  char* digits = pw_take(&pw_scratch, 20);
  size_t at = 20;
  do {
    digits[--at] = (char)('0' + number % 10);
    number /= 10;
  } while (number != 0);
  return (pw_view){digits + at, 20 - at};
}

#endif  // PROXY_WASM_MEMORY_H_
