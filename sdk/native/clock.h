// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What Envoy's HTTP filters cannot do and its clusters can: being told the time, and of
// something in every worker. For it a cluster of this module has to be in Envoy's configuration:
//
//   - name: tamis.clock
//     lb_policy: CLUSTER_PROVIDED
//     cluster_type:
//       name: envoy.clusters.dynamic_modules
//       typed_config: {"@type": .../envoy.extensions.clusters.dynamic_modules.v3.ClusterConfig,
//                      dynamic_module_config: {module: {local: {filename: THIS}}}}
//
// Without it plugins have no timers, VMs start with the first exchange of their worker, and end
// with it, too.
#pragma once

#include <cstdint>

namespace shim {

// What happens to a plugin, as one number.
struct Event {
  enum What : uint8_t { kBegin = 0, kEnd = 1, kTick = 2 };
  uint64_t plugin;
  What what;

  uint64_t number() const { return plugin << 2 | what; }
  static Event of(uint64_t number) { return {number >> 2, static_cast<What>(number & 3)}; }
};

namespace clock {

// Whether the cluster is there.
bool there();
// A plugin's VMs in workers are told kTick every so often; 0: no more.
void every(uint64_t plugin, uint32_t milliseconds);
// Calls Plugin::happened(event) in the main thread, which this is, and then in every worker.
void tell(Event event);
// The same, later, from any thread; never when Envoy is going down.
void post(Event event);

}  // namespace clock
}  // namespace shim
