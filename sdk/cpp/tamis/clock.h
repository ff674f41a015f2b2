// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The time.
#ifndef TAMIS_CLOCK_H_
#define TAMIS_CLOCK_H_

#include "tamis/backend/backend.h"

namespace tamis {

/// Nanoseconds since 1970-01-01 UTC.
inline uint64_t now() { return backend::now(); }

}  // namespace tamis

#endif  // TAMIS_CLOCK_H_
