// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "clock.h"

#include <mutex>
#include <thread>

#include "metronome.h"
#include "plugin.h"

namespace {

using tamis::envoy::Balancer;
using tamis::envoy::Bytes;
using tamis::envoy::Cluster;
using tamis::envoy::Scheduler;

// Envoy keeps what hooks return and gives it back; any address will do.
char here;

Cluster cluster = nullptr;
Scheduler scheduler = nullptr;
std::thread::id main_thread;

// Whoever posts from another thread must not meet a scheduler that goes.
std::mutex& going_down() {
  static auto* const mutex = new std::mutex;
  return *mutex;
}

shim::Metronome& metronome() {
  static auto* const all = new shim::Metronome(
      [](uint64_t plugin) { shim::clock::post(shim::Event{plugin, shim::Event::kTick}); });
  return *all;
}

}  // namespace

namespace shim::clock {

bool there() { return scheduler != nullptr; }

void every(uint64_t plugin, uint32_t milliseconds) {
  if (there() && std::this_thread::get_id() != main_thread) metronome().set(plugin, milliseconds);
}

void tell(Event event) {
  if (event.what != Event::kTick) Plugin::happened(event);  // Envoy's main thread has no time
  envoy_dynamic_module_callback_cluster_run_on_all_workers(cluster, event.number());
}

void post(Event event) {
  const std::lock_guard lock(going_down());
  if (there()) envoy_dynamic_module_callback_cluster_scheduler_commit(scheduler, event.number());
}

}  // namespace shim::clock

// The hooks of a cluster without hosts.
#define HOOK extern "C" [[gnu::visibility("default")]]

HOOK const void* envoy_dynamic_module_on_cluster_config_new(void*, Bytes, Bytes) { return &here; }
HOOK void envoy_dynamic_module_on_cluster_config_destroy(const void*) {}
HOOK const void* envoy_dynamic_module_on_cluster_new(const void*, Cluster) {
  main_thread = std::this_thread::get_id();
  return &here;
}
// Only now is the cluster whole: a scheduler that was made before never calls.
HOOK void envoy_dynamic_module_on_cluster_init(Cluster made, const void*) {
  cluster = made;
  scheduler = envoy_dynamic_module_callback_cluster_scheduler_new(made);
  envoy_dynamic_module_callback_cluster_pre_init_complete(made);
}
HOOK void envoy_dynamic_module_on_cluster_destroy(const void*) {
  const std::lock_guard lock(going_down());
  envoy_dynamic_module_callback_cluster_scheduler_delete(scheduler);
  cluster = scheduler = nullptr;
}
HOOK const void* envoy_dynamic_module_on_cluster_lb_new(const void*, Balancer) { return &here; }
HOOK void envoy_dynamic_module_on_cluster_lb_destroy(const void*) {}
HOOK void envoy_dynamic_module_on_cluster_lb_choose_host(const void*, void*, void** host,
                                                         void** later) {
  *host = *later = nullptr;
}
HOOK void envoy_dynamic_module_on_cluster_lb_cancel_host_selection(const void*, void*) {}
HOOK void envoy_dynamic_module_on_cluster_lb_on_host_membership_update(void*, const void*, size_t,
                                                                       size_t) {}
HOOK void envoy_dynamic_module_on_cluster_http_callout_done(void*, const void*, uint64_t, uint32_t,
                                                            const void*, size_t, const void*,
                                                            size_t) {}
HOOK void envoy_dynamic_module_on_cluster_scheduled(Cluster, const void*, uint64_t event) {
  shim::clock::tell(shim::Event::of(event));
}
HOOK void envoy_dynamic_module_on_cluster_worker_event(Cluster, const void*, uint64_t event) {
  shim::Plugin::happened(shim::Event::of(event));
}
HOOK void envoy_dynamic_module_on_cluster_worker_slot_data_destroy(void*) {}
