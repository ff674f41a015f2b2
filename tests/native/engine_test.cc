#include "native/engine.h"

#include <memory>
#include <vector>

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
    {
      std::vector<std::unique_ptr<tamis::Engine::Place>> places;
      for (uint32_t i = 0; i < tamis::kMaxVms; ++i)
        places.push_back(std::make_unique<tamis::Engine::Place>(engine));
      CHECK(throws<std::runtime_error>([&] { tamis::Engine::Place one_more(engine); }, "VMs"));
      places.pop_back();
      const tamis::Engine::Place last(engine);
    }
    engine.ticker.enter();
    engine.ticker.leave();
  }
}
