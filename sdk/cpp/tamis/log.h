// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lines in the proxy's log.
#ifndef TAMIS_LOG_H_
#define TAMIS_LOG_H_

#include "tamis/backend/backend.h"
#include "tamis/text.h"

namespace tamis {

/// One line put together from texts and numbers: log(Level::Warn, "denied ", path, " ", 403).
template <class... Pieces>
void log(Level level, const Pieces&... pieces) {
  Text line;
  (line << ... << pieces);
  backend::log(level, line.text());
}

inline void log(Level level, StringView line) { backend::log(level, line); }

}  // namespace tamis

#endif  // TAMIS_LOG_H_
