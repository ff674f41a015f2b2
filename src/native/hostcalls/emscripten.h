// The two helpers of emscripten's libc that Envoy links.
#pragma once

#include "../host.h"

namespace tamis::hostcalls {

template <typename H>
uint32_t pthread_equal(H&, uint32_t left, uint32_t right) {
  return left == right ? 1 : 0;
}

template <typename H>
void emscripten_notify_memory_growth(H&, uint32_t) {}

}  // namespace tamis::hostcalls
