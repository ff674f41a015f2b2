// One run of a script: its world, its VMs, its steps.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vm.h"

namespace tamis {

// Lives on one thread at a time. Runs the steps of a script in order, as often as asked.
template <typename Instance>
class RunOf {
 public:
  using Code = typename Instance::Code;
  using Vm = VmOf<Instance>;
  using Exchange = HttpExchange<typename Instance::HostType>;
  using Connection = NetworkFlow<typename Instance::HostType>;

  RunOf(std::shared_ptr<const Code> code, const Script& script)
      : world(script), code_(std::move(code)) {}
  RunOf(const RunOf&) = delete;

  // Starts the plugins beside the filter, in order, then the filter. Empty: all said yes. Else
  // which callback did not; a break is in `failure`.
  std::string start() {
    world.begin_step(-1);
    const Script& script = world.script;
    uint32_t index = 0;
    std::string bad;
    for (const PluginInput& plugin : script.beside)
      if (bad.empty()) bad = start(plugin, index++);
    if (bad.empty()) bad = start(script.plugin, index);
    notice();
    return bad;
  }

  // Runs the step `at` and those that overlap it; returns the step after them. What became of its
  // streams can be read until the next call.
  size_t step(size_t at) {
    const auto& steps = world.script.steps;
    streams_.clear();
    connections_.clear();
    size_t next = at;
    do {
      world.overlapped = next + 1 < steps.size() && steps[next + 1].overlap;
      begin(next++);
      world.catch_up();
    } while (world.overlapped);
    world.settle();
    for (Exchange* exchange : streams_) exchange->cancel();
    world.settle();  // what the cancelled streams began
    vm_->settle();
    notice();
    return next;
  }

  // The plugins are taken out, in the order in which they started. One that is not done yet goes
  // with its VM, unless another plugin there says so for it.
  void remove() {
    world.begin_step(-1);
    for (uint32_t index = 0; index <= world.script.beside.size(); ++index)
      for (const auto& vm : vms_) vm->remove(index);
    notice();
  }

  // The streams and the connections of the last step, in order.
  const std::vector<Exchange*>& streams() const { return streams_; }
  const std::vector<Connection*>& connections() const { return connections_; }

  // The filter's VM.
  Vm& vm() { return *vm_; }
  // How the first guest broke that did.
  const Failure& failure() const {
    return failed_ != nullptr ? failed_->failure() : vm_->failure();
  }
  // Of the filter's VM, and of those it replaced.
  Counts counts() const {
    Counts sum = vm_->host.counts;
    for (const Vm* vm : replaced_) sum.add(vm->host.counts);
    return sum;
  }
  std::optional<uint64_t> fuel() const {
    std::optional<uint64_t> sum = vm_->fuel();
    for (const Vm* vm : replaced_)
      if (sum) *sum += vm->fuel().value_or(0);
    return sum;
  }
  const std::vector<std::unique_ptr<Vm>>& vms() const { return vms_; }

  World world;

 private:
  // Envoy waits 1 to 1.5 s, at random; after that it is sure to load anew.
  static constexpr uint64_t kBackoff = 1'500'000'000;

  std::string start(const PluginInput& plugin, uint32_t index) {
    vm_ = find(plugin);
    if (vm_ == nullptr) {
      vm_ = vms_.emplace_back(std::make_unique<Vm>(code_, world, plugin)).get();
      vm_->host.belong(plugin, index);
      if (std::string bad = vm_->load(); !bad.empty()) return bad;
    }
    return vm_->start(plugin, index);
  }

  // Plugins share a VM when its id and configuration are the same: the code is anyway.
  Vm* find(const PluginInput& plugin) {
    for (const auto& vm : vms_)
      if (vm->made_for.vm_id == plugin.vm_id &&
          vm->made_for.vm_configuration == plugin.vm_configuration)
        return vm.get();
    return nullptr;
  }

  void begin(size_t at) {
    const StepInput& step = world.script.steps[at];
    world.begin_step(static_cast<int32_t>(at));
    if (step.kind == StepInput::Kind::kTick) return world.advance(step.nanoseconds);
    reload();
    if (step.kind == StepInput::Kind::kConnection) {
      Connection& connection = vm_->free_connection(connections_);
      connections_.push_back(&connection);
      connection.run(world.script.connections[step.at], *vm_->host.plugins.back());
      return;
    }
    Exchange& exchange = vm_->free_exchange(streams_);
    streams_.push_back(&exchange);
    exchange.begin(world.script.exchanges[step.at], *vm_->host.plugins.back());
  }

  // Where the policy says so, a stream that begins when the filter's VM has broken gets a new one,
  // which holds the filter alone. Time counts from when the last one was loaded, or failed to.
  void reload() {
    const PluginInput& plugin = world.script.plugin;
    if (vm_->failure().kind == TrapKind::kNone || plugin.policy != FailurePolicy::kReload) return;
    if (world.clock.passed - loaded_at_ < kBackoff) return;
    loaded_at_ = world.clock.passed;
    auto fresh = std::make_unique<Vm>(code_, world, plugin);
    const auto index = static_cast<uint32_t>(world.script.beside.size());
    fresh->host.belong(plugin, index);
    if (!fresh->load().empty() || !fresh->start(plugin, index).empty()) return;
    replaced_.push_back(vm_);
    vm_ = vms_.emplace_back(std::move(fresh)).get();
  }

  // Remembers who broke first.
  void notice() {
    if (failed_ != nullptr) return;
    for (const auto& vm : vms_)
      if (failed_ == nullptr && vm->failure().kind != TrapKind::kNone) failed_ = vm.get();
  }

  const std::shared_ptr<const Code> code_;
  std::vector<std::unique_ptr<Vm>> vms_;
  std::vector<Vm*> replaced_;
  Vm* vm_ = nullptr;
  const Vm* failed_ = nullptr;
  uint64_t loaded_at_ = 0;
  std::vector<Exchange*> streams_;
  std::vector<Connection*> connections_;
};

using Run = RunOf<WasmInstance>;

}  // namespace tamis
