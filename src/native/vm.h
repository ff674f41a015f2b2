// One VM: a store with an instance, its host, and the start of a plugin.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http.h"
#include "module.h"
#include "trampolines.h"

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

// Lives on one thread at a time. `start` must have succeeded before exchanges run. A VM that broke
// stays broken and answers every exchange as Envoy does (fail closed).
class Vm {
 public:
  Vm(std::shared_ptr<const Module> module, const Script& script)
      : module_(std::move(module)), api_(module_->engine->api), host(guest_, script) {
    host.abi = static_cast<uint32_t>(module_->facts.abi);
    store_ = api_.store_new(module_->engine->raw, nullptr, nullptr);
    context_ = api_.store_context(store_);
    const Limits& limits = script.limits;
    api_.store_limiter(store_, limits.memory, limits.table_elements, 1, 64, 16);
    guest_.bind(api_, context_, host.counts);
  }
  Vm(const Vm&) = delete;
  ~Vm() { api_.store_delete(store_); }

  // Instantiates, runs the entry point, on_vm_start and on_configure. Empty: all said yes. Else
  // which one did not ("_initialize", "on_vm_start", "on_configure"); a break is in `failure`.
  std::string start() {
    if (std::string bad = load(); !bad.empty()) return bad;
    std::string bad = configure();
    settle();
    return bad;
  }

  // The first half of `start`: instantiates and runs the entry point, as Envoy's loader does.
  std::string load() {
    refuel();
    if (std::string bad = instantiate(); !bad.empty()) return bad;
    if (std::string bad = enter(); !bad.empty()) return bad;
    host.allowed = Allowed::kAll;
    return {};
  }

  // One exchange; its outcome is in host.stream until the next.
  void run(const ExchangeInput& input) {
    deadline();
    HttpExchange exchange(host, input);
    try {
      exchange.run(next_id_);
    } catch (const OutputLimit& limit) {
      guest_.fail(TrapKind::kOutOfMemory, "", limit.what());
      exchange.abandon();
    }
    if (++next_id_ <= kPluginContext) next_id_ = kPluginContext + 1;
    settle();
  }

  const Failure& failure() const { return guest_.failure(); }

  // Fuel burnt so far, when the engine counts it.
  std::optional<uint64_t> fuel() const {
    if (!module_->engine->counts_fuel) return std::nullopt;
    uint64_t left = 0;
    if (auto* error = api_.get_fuel(context_, &left)) api_.error_delete(error);
    return kFuel - left;
  }

 private:
  static constexpr uint64_t kFuel = uint64_t{1} << 62;

  void deadline() { api_.set_deadline(context_, host.script.limits.deadline_ms / kEpochMs + 1); }

  void refuel() {
    if (module_->engine->counts_fuel)
      if (auto* error = api_.set_fuel(context_, kFuel)) api_.error_delete(error);
    deadline();
  }

  void settle() {
    guest_.memory().refresh();
    host.counts.memory_high_water =
        std::max<uint64_t>(host.counts.memory_high_water, guest_.memory().size());
  }

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
      api_.func_new(context_, type, kTrampolines[at], &host, nullptr, &out.of.func);
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
      if (kCallbacks[i].name == decl.name && (kCallbacks[i].abis >> host.abi & 1) != 0)
        guest_.bind_callback(static_cast<Callback>(i), item.of.func);
    for (size_t i = 0; i < kEntries.size(); ++i)
      if (kEntries[i] == decl.name && (i != 0 || module_->facts.malloc))
        guest_.bind_entry(static_cast<Entry>(i), item.of.func);
  }

  // `_initialize` then `main(0, 0)` or `__main_void`; without `_initialize`: `_start`.
  std::string enter() {
    host.allowed = Allowed::kVmInit;
    uint32_t ignored = 0;
    const auto run = [&](Entry entry, const auto& arguments) {
      return !guest_.has(entry) || guest_.call(entry, arguments, ignored);
    };
    constexpr std::array<uint32_t, 0> kNothing{};
    bool fine = true;
    if (guest_.has(Entry::_initialize)) {
      fine = run(Entry::_initialize, kNothing);
      if (fine && guest_.has(Entry::main))
        fine = run(Entry::main, std::array{0U, 0U});
      else if (fine)
        fine = run(Entry::__main_void, kNothing);
    } else {
      fine = run(Entry::_start, kNothing);
    }
    return fine ? std::string() : std::string(guest_.failure().callback);
  }

  // In Envoy's order; the plugin configuration is readable in the first and the last of the three.
  std::string configure() {
    uint32_t result = 0;
    const auto size = [](const std::string& text) { return static_cast<uint32_t>(text.size()); };
    host.configuring = true;
    if (!host.call(Callback::proxy_on_context_create, kPluginContext,
                   std::array{kPluginContext, 0U}, result))
      return "on_context_create";
    host.configuring = false;
    const std::array vm_start{kPluginContext, size(host.script.vm_configuration)};
    if (!host.call(Callback::proxy_on_vm_start, kPluginContext, vm_start, result, 1) || result == 0)
      return "on_vm_start";
    host.configuring = true;
    const std::array configure{kPluginContext, size(host.script.plugin_configuration)};
    const bool fine =
        host.call(Callback::proxy_on_configure, kPluginContext, configure, result, 1) &&
        result != 0;
    host.configuring = false;
    return fine ? std::string() : "on_configure";
  }

  const std::shared_ptr<const Module> module_;
  const wasmtime::Api& api_;
  WasmGuest guest_;
  wasmtime::Store* store_ = nullptr;
  wasmtime::Context* context_ = nullptr;
  uint32_t next_id_ = kPluginContext + 1;

 public:
  WasmHost host;
};

}  // namespace tamis
