// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How the host functions that twins leave undefined are written: each begins with CALL, which
// traces it and answers where no callback runs, and ends with `return call.end(status)`.
#pragma once

#include "proxy_imports.h"
#include "stream.h"
#include "trace.h"
#include "vm.h"

#define SHIM_EXPORT [[gnu::visibility("default")]]
#define CALL(name, ...)                             \
  const ::shim::Crossing call(name, ##__VA_ARGS__); \
  if (::shim::frame == nullptr) return call.end(::shim::kInternalFailure)

namespace shim {

inline Vm& vm() { return frame->vm; }
// Null when the plugin itself acts.
inline Stream* stream() { return frame->stream; }

}  // namespace shim
