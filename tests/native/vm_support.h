// Loads modules for the tests that run WebAssembly.
#pragma once

#include "check.h"
#include "native/vm.h"
#include "wasm_bytes.h"

// Lives for one test program.
struct Engines {
  explicit Engines(const char* path) : api(tamis::wasmtime::load(path)) {}
  std::shared_ptr<tamis::Module> load(const std::string& wasm, bool fuel = false) {
    auto engine = std::make_shared<const tamis::Engine>(api, fuel, size_t{512} << 10);
    auto module = tamis::load_module(engine, wasm, "", 40);
    CHECK(!module->refusal);
    return module;
  }
  tamis::wasmtime::Api api;
};
