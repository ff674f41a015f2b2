// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What host functions hand over.
#ifndef TAMIS_BACKEND_WASM_GIVEN_H_
#define TAMIS_BACKEND_WASM_GIVEN_H_

#include "tamis/types.h"

namespace tamis::backend {

/// Where they put it: one place for all, since they run one at a time. On the stack it would cost
/// each caller thirty bytes of code.
struct Given {
  const char* bytes;
  size_t size;
  [[nodiscard]] StringView view() const { return {bytes, size}; }
};
inline constinit Given given_ = {};

/// Empty, for the next: a host that has nothing writes nothing, even when it says that all is well.
inline Given& given() {
  given_ = {};
  return given_;
}

}  // namespace tamis::backend

#endif  // TAMIS_BACKEND_WASM_GIVEN_H_
