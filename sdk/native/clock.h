// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What Envoy's HTTP filters cannot do and its clusters can: timers in workers, and being told of
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

#include "tamis/backend/envoy_abi.h"

namespace shim {

class Vm;

namespace clock {

// Whether the cluster is there.
bool there();
// Null where there is none: in Envoy's main thread, or without the cluster.
tamis::envoy::Timer timer(Vm& vm);
void enable(tamis::envoy::Timer timer, uint32_t milliseconds);
void forget(tamis::envoy::Timer timer);
// Calls Plugin::happened(event) in the main thread, which this is, and then in every worker.
void tell(uint64_t event);
// The same, later, from any thread; never when Envoy is going down.
void post(uint64_t event);

}  // namespace clock
}  // namespace shim
