// A native twin as an instance: its copy of the library, and what it calls.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "entry.h"
#include "tracer.h"
#include "twin_guest.h"
#include "twin_library.h"

namespace tamis {

using TwinHost = Host<TwinGuest>;

// Lives on one thread at a time, with its world. `load` must have succeeded before anything else.
class TwinInstance {
 public:
  using Code = TwinLibrary;
  using HostType = TwinHost;

  TwinInstance(std::shared_ptr<const TwinLibrary> library, World& world,
               const PluginInput& made_for)
      : library_(std::move(library)), capabilities_(made_for.capabilities), host(guest_, world) {
    guest_.bind(host.counts, world.script.limits);
    if (world.script.trace) {
      tracer_.emplace(host, world.trace, &TwinGuest::direct, &guest_);
      guest_.divert(&Tracer<TwinHost>::call, &*tracer_);
    }
    for (size_t i = 0; i < kImports.size(); ++i) {
      const bool allowed = capabilities_.allows(static_cast<Import>(i));
      const wasmtime::Callback function = (allowed ? kTrampolines<TwinHost> : kDenied<TwinHost>)[i];
      guest_.imports[i] = {function, &host};
      if (tracer_) guest_.imports[i] = {&Tracer<TwinHost>::import, tracer_->around(i, function)};
    }
  }
  TwinInstance(const TwinInstance&) = delete;

  // Opens the library and runs its entry point. Empty, or what broke ("instantiation",
  // "_initialize"); how is in `failure`.
  std::string load() {
    host.allowed = Allowed::kVmInit;  // static constructors may log
    try {
      const TwinGuest::Inside inside(guest_);
      copy_.emplace(*library_);
    } catch (const std::runtime_error& error) {
      guest_.fail(TrapKind::kOther, "instantiation", error.what());
      return "instantiation";
    }
    const std::optional<size_t> abi = copy_->abi();
    if (!abi) {
      guest_.fail(TrapKind::kOther, "instantiation", "Missing or unknown Proxy-Wasm ABI version");
      return "instantiation";
    }
    host.abi = static_cast<uint32_t>(*abi);
    for (size_t i = 0; i < kCallbacks.size(); ++i)
      if ((kCallbacks[i].abis >> host.abi & 1) != 0 &&
          capabilities_.allows(static_cast<Callback>(i)))
        guest_.bind_callback(static_cast<Callback>(i), copy_->own(kCallbacks[i].name.data()));
    for (size_t i = 0; i < kEntries.size(); ++i)
      guest_.bind_entry(static_cast<Entry>(i), copy_->own(kEntries[i].data()));
    // Without one of its own it takes the C library's, and frees with that one's `free`.
    if (!guest_.has(Entry::malloc)) guest_.bind_entry(Entry::malloc, copy_->any("malloc"));
    if (std::string bad = run_entry(guest_); !bad.empty()) return bad;
    host.allowed = Allowed::kAll;
    return {};
  }

  static constexpr size_t memory() { return 0; }  // it shares the process's

  const Failure& failure() const { return guest_.failure(); }
  static constexpr std::optional<uint64_t> fuel() { return std::nullopt; }

 private:
  const std::shared_ptr<const TwinLibrary> library_;
  const Capabilities capabilities_;
  TwinGuest guest_;

 public:
  TwinHost host;

 private:
  std::optional<Tracer<TwinHost>> tracer_;
  std::optional<TwinCopy> copy_;
};

}  // namespace tamis
