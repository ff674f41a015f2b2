// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "clock.h"

#include <map>
#include <thread>

#include "plugin.h"

namespace {

using tamis::envoy::Balancer;
using tamis::envoy::Bytes;
using tamis::envoy::Cluster;
using tamis::envoy::Scheduler;
using tamis::envoy::Timer;

// Envoy keeps what hooks return and gives it back; any address will do.
char here;

Cluster cluster = nullptr;
Scheduler scheduler = nullptr;
std::thread::id main_thread;

thread_local Balancer balancer = nullptr;
std::map<Timer, shim::Vm*>& timers() {
  static thread_local auto* const all = new std::map<Timer, shim::Vm*>;
  return *all;
}

}  // namespace

namespace shim::clock {

bool there() { return scheduler != nullptr; }

Timer timer(Vm& vm) {
  if (balancer == nullptr || std::this_thread::get_id() == main_thread) return nullptr;
  const Timer made = envoy_dynamic_module_callback_cluster_worker_timer_new(balancer);
  if (made != nullptr) timers()[made] = &vm;
  return made;
}

void enable(Timer timer, uint32_t milliseconds) {
  envoy_dynamic_module_callback_cluster_worker_timer_enable(timer, milliseconds);
}

void forget(Timer timer) {
  timers().erase(timer);
  envoy_dynamic_module_callback_cluster_worker_timer_delete(timer);
}

void tell(uint64_t event) {
  Plugin::happened(event);
  envoy_dynamic_module_callback_cluster_run_on_all_workers(cluster, event);
}

void post(uint64_t event) {
  envoy_dynamic_module_callback_cluster_scheduler_commit(scheduler, event);
}

}  // namespace shim::clock

// The hooks of a cluster without hosts.
#define HOOK extern "C" [[gnu::visibility("default")]]

HOOK const void* envoy_dynamic_module_on_cluster_config_new(void*, Bytes, Bytes) { return &here; }
HOOK void envoy_dynamic_module_on_cluster_config_destroy(const void*) {}
HOOK const void* envoy_dynamic_module_on_cluster_new(const void*, Cluster made) {
  cluster = made;
  main_thread = std::this_thread::get_id();
  scheduler = envoy_dynamic_module_callback_cluster_scheduler_new(made);
  return &here;
}
HOOK void envoy_dynamic_module_on_cluster_init(Cluster made, const void*) {
  envoy_dynamic_module_callback_cluster_pre_init_complete(made);
}
HOOK void envoy_dynamic_module_on_cluster_destroy(const void*) {
  envoy_dynamic_module_callback_cluster_scheduler_delete(scheduler);
  cluster = scheduler = nullptr;
}
HOOK const void* envoy_dynamic_module_on_cluster_lb_new(const void*, Balancer made) {
  balancer = made;
  return &here;
}
HOOK void envoy_dynamic_module_on_cluster_lb_destroy(const void*) { balancer = nullptr; }
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
  shim::clock::tell(event);
}
HOOK void envoy_dynamic_module_on_cluster_worker_event(Cluster, const void*, uint64_t event) {
  shim::Plugin::happened(event);
}
HOOK void envoy_dynamic_module_on_cluster_worker_slot_data_destroy(void*) {}
HOOK void envoy_dynamic_module_on_cluster_worker_timer_fired(Balancer, const void*, Timer timer) {
  const auto at = timers().find(timer);
  if (at != timers().end()) at->second->tick();
}
