// A guest in the engine: its store, its instance, what it imports.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "entry.h"
#include "module.h"
#include "tracer.h"

namespace tamis {

namespace detail {

inline wasmtime::ValTypeVec value_types(const wasmtime::Api& api, std::string_view letters) {
  wasmtime::ValType* types[16];
  size_t count = 0;
  for (const char c : letters)
    types[count++] = api.valtype_new(c == 'I' ? wasmtime::kI64 : wasmtime::kI32);
  wasmtime::ValTypeVec vec{};
  api.valtype_vec_new(&vec, count, types);
  return vec;
}

inline wasmtime::Limits limits_of(const ResizeLimits& limits) {
  const auto clamp = [](uint64_t n) {
    return static_cast<uint32_t>(std::min<uint64_t>(n, 0xffffffff));
  };
  return {clamp(limits.min), clamp(limits.max.value_or(0xffffffff))};
}

}  // namespace detail

// Lives on one thread at a time, with its world. `load` must have succeeded before anything else.
class WasmInstance {
 public:
  using Code = Module;
  using HostType = WasmHost;

  // `made_for`: the plugin that needs it first, whose capabilities hold for all.
  WasmInstance(std::shared_ptr<const Module> module, World& world, const PluginInput& made_for)
      : module_(std::move(module)),
        place_(*module_->engine),
        api_(module_->engine->api),
        capabilities_(made_for.capabilities),
        host(guest_, world) {
    host.abi = static_cast<uint32_t>(module_->facts.abi);
    store_ = api_.store_new(module_->engine->raw, nullptr, nullptr);
    context_ = api_.store_context(store_);
    const Limits& limits = world.script.limits;
    api_.store_limiter(store_, limits.memory, limits.table_elements, 1, 64, 16);
    guest_.bind(api_, context_, host.counts, limits, module_->engine->counts_fuel);
    if (!world.script.trace) return;
    tracer_.emplace(host, world.trace, api_.func_call, context_);
    guest_.divert(&Tracer<WasmHost>::call, &*tracer_);
  }
  WasmInstance(const WasmInstance&) = delete;
  ~WasmInstance() { api_.store_delete(store_); }

  // Instantiates and runs the entry point, as Envoy's loader does. Empty, or what broke
  // ("instantiation", "_initialize"); how is in `failure`.
  std::string load() {
    guest_.arm();
    if (std::string bad = instantiate(); !bad.empty()) return bad;
    host.allowed = Allowed::kVmInit;
    if (std::string bad = run_entry(guest_); !bad.empty()) return bad;
    host.allowed = Allowed::kAll;
    return {};
  }

  // Bytes of its memory now.
  size_t memory() {
    guest_.memory().refresh();
    return guest_.memory().size();
  }

  const Failure& failure() const { return guest_.failure(); }
  std::optional<uint64_t> fuel() const {
    return module_->engine->counts_fuel ? std::optional(guest_.fuel()) : std::nullopt;
  }

 private:
  std::string instantiate() {
    std::vector<wasmtime::Extern> imports;
    for (const ImportDecl& decl : module_->shape.imports) {
      imports.push_back(provide(decl));
      if (guest_.failed()) return "instantiation";
    }
    host.allowed = Allowed::kNothing;  // a start section that calls the host crashes Envoy
    wasmtime::Trap* trap = nullptr;
    wasmtime::Instance instance{};
    wasmtime::Error* error =
        api_.instance_new(context_, module_->raw, imports.data(), imports.size(), &instance, &trap);
    if (error != nullptr) {
      guest_.fail(TrapKind::kOutOfMemory, "instantiation", api_.consume(error));
    } else if (trap != nullptr) {
      guest_.broke(nullptr, trap, "start section");
    }
    if (guest_.failed()) return "instantiation";
    for (const wasmtime::Extern& item : imports)
      if (item.kind == wasmtime::kExternMemory) guest_.bind_memory(item.of.memory);
    for (const ExportDecl& decl : module_->shape.exports) take(instance, decl);
    return {};
  }

  wasmtime::Extern provide(const ImportDecl& decl) {
    wasmtime::Extern out{};
    wasmtime::Error* error = nullptr;
    if (decl.kind == Kind::kFunc) {
      const size_t at = find_import(decl.module, decl.name);
      wasmtime::ValTypeVec params = detail::value_types(api_, kImports[at].params);
      wasmtime::ValTypeVec results = detail::value_types(api_, kImports[at].results);
      wasmtime::FuncType* type = api_.functype_new(&params, &results);
      out.kind = wasmtime::kExternFunc;
      const auto& table = capabilities_.allows(static_cast<Import>(at)) ? kTrampolines<WasmHost>
                                                                        : kDenied<WasmHost>;
      void* const env = tracer_ ? tracer_->around(at, table[at]) : &host;
      const wasmtime::Callback function = tracer_ ? &Tracer<WasmHost>::import : table[at];
      api_.func_new(context_, type, function, env, nullptr, &out.of.func);
      api_.functype_delete(type);
    } else if (decl.kind == Kind::kMemory) {
      const wasmtime::Limits limits = detail::limits_of(decl.limits);
      wasmtime::MemoryType* type = api_.memorytype_new(&limits);
      out.kind = wasmtime::kExternMemory;
      error = api_.memory_new(context_, type, &out.of.memory);
      api_.memorytype_delete(type);
    } else {
      const wasmtime::Limits limits = detail::limits_of(decl.limits);
      wasmtime::TableType* type =
          api_.tabletype_new(api_.valtype_new(wasmtime::kWasmFuncRef), &limits);
      wasmtime::Val null{};
      null.kind = 5;  // a null function reference
      out.kind = wasmtime::kExternTable;
      error = api_.table_new(context_, type, &null, &out.of.table);
      api_.tabletype_delete(type);
    }
    if (error != nullptr) guest_.fail(TrapKind::kOutOfMemory, "instantiation", api_.consume(error));
    return out;
  }

  void take(const wasmtime::Instance& instance, const ExportDecl& decl) {
    wasmtime::Extern item{};
    if (!api_.instance_export(context_, &instance, decl.name.data(), decl.name.size(), &item))
      return;
    if (decl.kind == Kind::kMemory) guest_.bind_memory(item.of.memory);
    if (decl.kind != Kind::kFunc) return;
    for (size_t i = 0; i < kCallbacks.size(); ++i)
      if (kCallbacks[i].name == decl.name && (kCallbacks[i].abis >> host.abi & 1) != 0 &&
          capabilities_.allows(static_cast<Callback>(i)))
        guest_.bind_callback(static_cast<Callback>(i), item.of.func);
    for (size_t i = 0; i < kEntries.size(); ++i)
      if (kEntries[i] == decl.name && known(static_cast<Entry>(i)))
        guest_.bind_entry(static_cast<Entry>(i), item.of.func);
  }

  bool known(Entry entry) const {
    const LoadFacts& facts = module_->facts;
    if (entry == Entry::malloc) return facts.malloc;
    return entry != Entry::__main_void || facts.main_void;
  }

  const std::shared_ptr<const Module> module_;
  const Engine::Place place_;
  const wasmtime::Api& api_;
  const Capabilities capabilities_;
  WasmGuest guest_;
  wasmtime::Store* store_ = nullptr;
  wasmtime::Context* context_ = nullptr;

 public:
  WasmHost host;

 private:
  std::optional<Tracer<WasmHost>> tracer_;
};

}  // namespace tamis
