// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A configuration of a twin: one VM in Envoy's main thread, which says whether it is valid, and one
// in each worker, made there, since runtimes keep what they know in variables of their thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "clock.h"
#include "vm.h"

namespace shim {

class Plugin {
 public:
  // Null, and why in Envoy's log, when the twin does not start. In Envoy's main thread.
  static std::unique_ptr<Plugin> make(envoy::Config config, std::string_view path,
                                      std::string_view text);
  Plugin(const Plugin&) = delete;
  // Envoy needs it no longer: its VMs end, each in its thread.
  ~Plugin();

  // The VM of this thread; null when it does not start.
  Vm* vm() const;

  // Of the clock: makes this thread's VM of a plugin, ends it, or tells it the time.
  static void happened(Event event);

 private:
  explicit Plugin(uint64_t number) : number_(number) {}

  const uint64_t number_;
};

}  // namespace shim
