#include "native/engine.h"

#include "check.h"
#include "wasm_bytes.h"

int main(int argc, char** argv) {
  CHECK(argc == 2);
  const auto api = tamis::wasmtime::load(argv[1]);
  for (const bool fuel : {false, true}) {
    tamis::Engine engine(api, fuel, 512 << 10);  // runs the probe
    CHECK(throws<std::invalid_argument>([&] { engine.compile("nonsense"); }));
    CHECK(throws<std::invalid_argument>([&] { engine.deserialize("nonsense"); }));
    auto* module = engine.compile(wasm::filter());
    api.module_delete(module);
    engine.ticker.enter();
    engine.ticker.leave();
  }
}
