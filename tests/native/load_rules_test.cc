#include "native/load_rules.h"

#include "check.h"
#include "wasm_bytes.h"

using namespace tamis;

static std::string verdict(const ModuleShape& shape, unsigned minor = 40,
                           const Capabilities& capabilities = {}) {
  LoadFacts facts;
  const auto refusal = apply_load_rules(shape, minor, capabilities, facts);
  return refusal ? refusal->reason : "";
}

int main() {
  ModuleShape shape = read_module(wasm::filter());
  CHECK(verdict(shape).empty());
  shape.imports.push_back({"wasi_snapshot_preview1", "fd_pread", Kind::kFunc, {"iiiIi", "i"}, {}});
  CHECK(verdict(shape).empty());
  CHECK(verdict(shape, 38) ==
        "Failed to load Wasm module due to a missing import: wasi_snapshot_preview1.fd_pread");
  shape.imports.back() = {"env", "proxy_done", Kind::kFunc, {"", ""}, {}};
  CHECK(verdict(shape) ==
        "Failed to load Wasm module due to an import type mismatch: env.proxy_done, "
        "want: void -> void, but host exports: void -> i32");
  shape.imports.back() = {"env", "g", Kind::kGlobal, {}, {}};
  CHECK(verdict(shape).ends_with("missing import: env.g"));
  shape.imports.pop_back();
  shape.exports.push_back({"proxy_on_log", Kind::kFunc, {"I", ""}});
  CHECK(verdict(shape) ==
        "Bad function signature for: proxy_on_log, want: i32 -> void, but the module exports: "
        "i64 -> void");
  CHECK(verdict(shape, 40, Capabilities({"proxy_log"})).empty());
  CHECK(!verdict(shape, 40, Capabilities({"proxy_on_log"})).empty());
  shape.exports.back() = {"__main_void", Kind::kFunc, {"", ""}};
  CHECK(verdict(shape).empty());
  shape.exports.push_back({"_initialize", Kind::kFunc, {"", ""}});
  CHECK(verdict(shape) ==
        "Bad function signature for: __main_void, want: void -> i32, but the module exports: "
        "void -> void");
  CHECK(verdict(shape, 38).empty());
  shape.exports = {{"proxy_abi_version_0_2_0", Kind::kFunc, {}}};
  CHECK(verdict(shape) == "Wasm module is missing malloc function.");
  shape.exports.clear();
  CHECK(verdict(shape) == "Missing or unknown Proxy-Wasm ABI version");
  shape.memory64 = true;
  CHECK(unsupported_feature(shape)->feature == "memory64");
  CHECK(find_import("wasi_unstable", "fd_write") ==
        find_import("wasi_snapshot_preview1", "fd_write"));
  CHECK(find_import("env", "fd_write") == static_cast<size_t>(-1));
}
