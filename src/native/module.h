// A compiled module and what Envoy's loader says about it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine.h"
#include "load_rules.h"
#include "module_reader.h"
#include "wording.h"

namespace tamis {

// Lives as long as its VMs; keeps its engine alive. Immutable, so VMs of many threads share it.
class Module {
 public:
  // `raw` nullptr: the module was refused, see `refusal`.
  Module(std::shared_ptr<const Engine> engine, wasmtime::RawModule* raw, ModuleShape shape,
         LoadFacts facts, std::optional<Refusal> refusal)
      : engine(std::move(engine)),
        raw(raw),
        shape(std::move(shape)),
        facts(facts),
        refusal(std::move(refusal)) {}
  Module(const Module&) = delete;
  ~Module() {
    if (raw != nullptr) engine->api.module_delete(raw);
  }

  // What Engine::deserialize takes; throws std::runtime_error.
  std::string serialize() const {
    wasmtime::ByteVec bytes{};
    if (auto* error = engine->api.module_serialize(raw, &bytes))
      throw std::runtime_error(engine->api.consume(error));
    std::string copy(bytes.data, bytes.size);
    engine->api.byte_vec_delete(&bytes);
    return copy;
  }

  const std::shared_ptr<const Engine> engine;
  wasmtime::RawModule* const raw;
  const ModuleShape shape;
  const LoadFacts facts;
  const std::optional<Refusal> refusal;
};

namespace detail {

// Words of the engine that mean a Wasm feature V8 has and it has not.
inline std::string feature_in(std::string_view message) {
  constexpr std::pair<std::string_view, std::string_view> kFeatures[] = {
      {"legacy_exceptions", "legacy exceptions"},
      {"legacy exceptions", "legacy exceptions"},
      {"gc proposal", "gc"},
      {"shared memory", "threads"},
      {"shared-everything", "threads"},
      {"memory64", "memory64"},
      {"stack switching", "stack switching"},
      {"function references", "function references"},
  };
  for (const auto& [words, feature] : kFeatures)
    if (message.find(words) != std::string_view::npos) return std::string(feature);
  return {};
}

}  // namespace detail

// Reads, judges and compiles `wasm` as Envoy 1.`minor` would; a refusal is in the result, nothing
// is thrown for a bad module. `compiled`: a file with what serialize() once gave for these bytes
// and this engine, or empty. `capabilities`: of the plugin it is loaded for.
inline std::shared_ptr<Module> load_module(std::shared_ptr<const Engine> engine,
                                           std::string_view wasm, const std::string& compiled,
                                           unsigned minor, const Capabilities& capabilities = {}) {
  ModuleShape shape;
  LoadFacts facts;
  const auto refuse = [&](Refusal refusal) {
    return std::make_shared<Module>(engine, nullptr, std::move(shape), facts, std::move(refusal));
  };
  try {
    shape = read_module(wasm);
  } catch (const BadModule& bad) {
    return refuse({bad.what(), ""});
  }
  if (auto bad = detail::marker(shape, facts)) return refuse({*bad, ""});  // before it compiles
  if (auto refusal = unsupported_feature(shape)) return refuse(*refusal);
  wasmtime::RawModule* raw = nullptr;
  try {
    raw = compiled.empty() ? engine->compile(wasm) : engine->deserialize(compiled);
  } catch (const std::invalid_argument& error) {
    if (!compiled.empty()) throw;
    const std::string feature = detail::feature_in(error.what());
    return refuse({"Failed to load Wasm bytecode: " + one_line(error.what()), feature});
  }
  auto refusal = apply_load_rules(shape, minor, capabilities, facts);
  return std::make_shared<Module>(std::move(engine), raw, std::move(shape), facts,
                                  std::move(refusal));
}

}  // namespace tamis
