// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Host functions that Envoy's modules have no means for: src/tamis/envoy/refused.toml says why. A
// twin that calls one is told so, and so is whoever reads the log.
#include <sys/random.h>

#include "calls.h"

using namespace shim;

#define REFUSED(name, ...)                 \
  SHIM_EXPORT uint32_t name(__VA_ARGS__) { \
    const ::shim::Crossing call(#name);    \
    refuse(#name);                         \
    return call.end(kUnimplemented);       \
  }

REFUSED(proxy_grpc_call, const char*, size_t, const char*, size_t, const char*, size_t, const char*,
        size_t, const char*, size_t, uint32_t, uint32_t*)
REFUSED(proxy_grpc_stream, const char*, size_t, const char*, size_t, const char*, size_t,
        const char*, size_t, uint32_t*)
REFUSED(proxy_grpc_send, uint32_t, const char*, size_t, uint32_t)
REFUSED(proxy_grpc_close, uint32_t)
REFUSED(proxy_grpc_cancel, uint32_t)
REFUSED(proxy_register_shared_queue, const char*, size_t, uint32_t*)
REFUSED(proxy_resolve_shared_queue, const char*, size_t, const char*, size_t, uint32_t*)
REFUSED(proxy_enqueue_shared_queue, uint32_t, const char*, size_t)
REFUSED(proxy_dequeue_shared_queue, uint32_t, const char**, size_t*)
REFUSED(proxy_get_metric, uint32_t, uint64_t*)

// Of WASI, which runtimes and SDKs made for WebAssembly call by this name.
extern "C" SHIM_EXPORT uint16_t __wasi_random_get(uint8_t* bytes, size_t size) {
  return getrandom(bytes, size, 0) == static_cast<ssize_t>(size) ? 0 : 29;
}
