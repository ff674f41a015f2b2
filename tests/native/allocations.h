// Counts what the whole program takes from the heap. To be included once in a program.
#pragma once

#include <cstdlib>
#include <new>

static size_t allocations = 0;

void* operator new(size_t size) {
  ++allocations;
  if (void* bytes = std::malloc(size)) return bytes;
  throw std::bad_alloc();
}
void operator delete(void* bytes) noexcept { std::free(bytes); }
void operator delete(void* bytes, size_t) noexcept { std::free(bytes); }
