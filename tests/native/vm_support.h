// Loads modules for the tests that run WebAssembly.
#pragma once

#include "check.h"
#include "native/replay.h"
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

// A script of so many exchanges, each answered with nothing.
inline tamis::Script script_of(size_t exchanges) {
  tamis::Script script;
  script.exchanges.resize(exchanges);
  for (size_t i = 0; i < exchanges; ++i) {
    script.exchanges[i].answer.headers.append(":status", "200");
    script.steps.push_back({tamis::StepInput::Kind::kExchange, false, i, 0});
  }
  return script;
}
