// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A plugin's timer.
#ifndef TAMIS_TICK_H_
#define TAMIS_TICK_H_

#include "tamis/backend/backend.h"

namespace tamis {

/// on_tick() of this plugin, again and again, in every thread. 0 stops it. One timer for a plugin.
inline void tick_every(uint32_t milliseconds) { backend::tick_every(milliseconds); }

/// A plugin that has a timer: class Settings : public tamis::Plugin, public tamis::OnTick
class OnTick {
 public:
  virtual void on_tick() = 0;
};

}  // namespace tamis

#endif  // TAMIS_TICK_H_
