// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Functions that only some proxies have: foreign_function("compress", text).
#ifndef TAMIS_FOREIGN_H_
#define TAMIS_FOREIGN_H_

#include "tamis/backend/backend.h"
#include "tamis/types.h"

namespace tamis {

/// What it returns, until the callback returns; nothing when it is unknown here or fails.
inline Maybe<StringView> foreign_function(StringView name, StringView arguments = {}) {
  return backend::foreign_function(name, arguments);
}

}  // namespace tamis

#endif  // TAMIS_FOREIGN_H_
