// One VM: an instance with its host, its plugins and streams.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "http.h"
#include "network_flow.h"
#include "plugin_flow.h"
#include "wasm_instance.h"

namespace tamis {

// Lives on one thread at a time, with its world. `load` must have succeeded before plugins start. A
// VM that broke stays broken.
template <typename Instance>
class VmOf : public Instance {
 public:
  using H = typename Instance::HostType;
  using Instance::host;

  // `made_for`: the plugin that needs it first.
  VmOf(std::shared_ptr<const typename Instance::Code> code, World& world,
       const PluginInput& made_for)
      : Instance(std::move(code), world, made_for), made_for(made_for) {}

  // Starts a plugin; `index` is its place among all of the run. Empty: it said yes. Else which
  // callback did not ("on_vm_start", "on_configure"); a break is in `failure`.
  std::string start(const PluginInput& input, uint32_t index) {
    PluginContext& plugin = host.add_plugin(input, index);
    std::string bad = flows_.emplace_back(std::make_unique<PluginFlow<H>>(host, plugin))->start();
    settle();
    return bad;
  }

  // One that is not under way, to begin with; `kept` are still to be read.
  HttpExchange<H>& free_exchange(const std::vector<HttpExchange<H>*>& kept = {}) {
    return free_of(exchanges_, kept);
  }
  NetworkFlow<H>& free_connection(const std::vector<NetworkFlow<H>*>& kept = {}) {
    return free_of(connections_, kept);
  }

  // Takes out the plugin that is number `index` of the run, if it is here.
  void remove(uint32_t index) {
    for (size_t i = 0; i < flows_.size(); ++i)
      if (host.plugins[i]->index == index) flows_[i]->remove();
    for (const auto& flow : flows_) flow->bury();
  }

  // To be called now and then: notes how much memory there is.
  void settle() {
    host.counts.memory_high_water =
        std::max<uint64_t>(host.counts.memory_high_water, this->memory());
  }

  const PluginInput& made_for;

 private:
  template <typename T>
  T& free_of(std::vector<std::unique_ptr<T>>& all, const std::vector<T*>& kept) {
    for (const auto& each : all)
      if (each->done() && std::find(kept.begin(), kept.end(), each.get()) == kept.end())
        return *each;
    return *all.emplace_back(std::make_unique<T>(host));
  }

  std::vector<std::unique_ptr<PluginFlow<H>>> flows_;
  std::vector<std::unique_ptr<NetworkFlow<H>>> connections_;
  std::vector<std::unique_ptr<HttpExchange<H>>> exchanges_;
};

using Vm = VmOf<WasmInstance>;

}  // namespace tamis
