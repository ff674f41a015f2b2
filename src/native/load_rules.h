// Whether Envoy would load a module: its rules, in its order, in its words.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "abi_table.h"
#include "capabilities.h"
#include "module_reader.h"

namespace tamis {

// A value. `feature`: not a verdict on the module but a Wasm feature V8 has and wasmtime lacks.
struct Refusal {
  std::string reason;
  std::string feature;
};

// Facts of one module that the VM needs; a value.
struct LoadFacts {
  size_t abi = 0;  // index into kAbiVersions
  bool malloc = false;
  bool main_void = false;  // whether `__main_void` is an entry point
};

// Row index of a host function, or npos. `module` is what the import names.
inline size_t find_import(std::string_view module, std::string_view name) {
  const bool wasi = module == "wasi_snapshot_preview1" || module == "wasi_unstable";
  if (!wasi && module != "env") return static_cast<size_t>(-1);
  for (size_t i = 0; i < kImports.size(); ++i)
    if (kImports[i].wasi == wasi && kImports[i].name == name) return i;
  return static_cast<size_t>(-1);
}

namespace detail {

inline std::string spell(std::string_view letters) {
  std::string out;
  for (const char c : letters) {
    if (!out.empty()) out += ' ';
    out += c == 'i' ? "i32" : c == 'I' ? "i64" : c == 'f' ? "f32" : c == 'F' ? "f64" : "ref";
  }
  return out;
}

inline std::string spell(std::string_view params, std::string_view results) {
  const auto side = [](std::string_view s) { return s.empty() ? std::string("void") : spell(s); };
  return side(params) + " -> " + side(results);
}

inline std::optional<std::string> marker(const ModuleShape& shape, LoadFacts& facts) {
  for (const ExportDecl& e : shape.exports) {
    if (e.kind != Kind::kFunc) continue;
    const auto found = std::ranges::find(kAbiMarkers, std::string_view(e.name));
    if (found == kAbiMarkers.end()) continue;
    facts.abi = static_cast<size_t>(found - kAbiMarkers.begin());
    return std::nullopt;
  }
  return "Missing or unknown Proxy-Wasm ABI version";
}

inline std::optional<std::string> import_rule(const ImportDecl& decl, const LoadFacts& facts,
                                              unsigned minor) {
  const std::string full = decl.module + "." + decl.name;
  if (decl.kind == Kind::kTable || decl.kind == Kind::kMemory) return std::nullopt;
  if (decl.kind != Kind::kFunc)
    return "Failed to load Wasm module due to a missing import: " + full;
  const size_t at = find_import(decl.module, decl.name);
  if (at == static_cast<size_t>(-1) || (kImports[at].abis >> facts.abi & 1) == 0 ||
      kImports[at].since > minor)
    return "Failed to load Wasm module due to a missing import: " + full;
  const ImportRow& row = kImports[at];
  if (decl.signature.params == row.params && decl.signature.results == row.results)
    return std::nullopt;
  return "Failed to load Wasm module due to an import type mismatch: " + full +
         ", want: " + spell(decl.signature.params, decl.signature.results) +
         ", but host exports: " + spell(row.params, row.results);
}

// Whether `name`, if exported as a function, has that type; else the reason is added.
inline bool typed(const ModuleShape& shape, std::string_view name, std::string_view params,
                  std::string_view results, std::string& reasons) {
  const ExportDecl* found = shape.find_export(name, Kind::kFunc);
  if (found == nullptr) return false;
  if (found->signature.params == params && found->signature.results == results) return true;
  if (!reasons.empty()) reasons += "; ";
  reasons +=
      "Bad function signature for: " + std::string(name) + ", want: " + spell(params, results) +
      ", but the module exports: " + spell(found->signature.params, found->signature.results);
  return false;
}

inline std::string exports_rule(const ModuleShape& shape, unsigned minor,
                                const Capabilities& capabilities, LoadFacts& facts) {
  std::string reasons;
  const auto check = [&](std::string_view name, std::string_view params, std::string_view results) {
    return typed(shape, name, params, results, reasons);
  };
  if (shape.find_export("_initialize", Kind::kFunc) != nullptr) {
    check("_initialize", "", "");
    check("main", "ii", "i");
    facts.main_void = minor >= kMainVoidSince;
    if (facts.main_void) check("__main_void", "", "i");
  } else {
    check("_start", "", "");
  }
  facts.malloc = check("malloc", "i", "i");
  if (!facts.malloc && !check("proxy_on_memory_allocate", "i", "i")) {
    if (!reasons.empty()) reasons += "; ";
    reasons += "Wasm module is missing malloc function.";
  }
  for (size_t i = 0; i < kCallbacks.size(); ++i) {
    const CallbackRow& row = kCallbacks[i];
    if ((row.abis >> facts.abi & 1) != 0 && capabilities.allows(static_cast<Callback>(i)))
      check(row.name, row.params[facts.abi], row.results);
  }
  return reasons;
}

}  // namespace detail

// Envoy 1.`minor`'s verdict on a module whose code the engine accepted; fills `facts`. A callback
// that `capabilities` deny is not looked at.
inline std::optional<Refusal> apply_load_rules(const ModuleShape& shape, unsigned minor,
                                               const Capabilities& capabilities, LoadFacts& facts) {
  if (auto bad = detail::marker(shape, facts)) return Refusal{*bad, ""};
  for (const ImportDecl& decl : shape.imports)
    if (auto bad = detail::import_rule(decl, facts, minor)) return Refusal{*bad, ""};
  std::string bad = detail::exports_rule(shape, minor, capabilities, facts);
  if (bad.empty()) return std::nullopt;
  return Refusal{std::move(bad), ""};
}

// What V8 compiles and the engine here cannot run: checked before compiling.
inline std::optional<Refusal> unsupported_feature(const ModuleShape& shape) {
  if (shape.gc_types) return Refusal{"the module uses garbage-collected types", "gc"};
  if (shape.shared_memory)
    return Refusal{"the module shares its memory between threads", "threads"};
  if (shape.memory64) return Refusal{"the module's memory has 64-bit addresses", "memory64"};
  return std::nullopt;
}

}  // namespace tamis
