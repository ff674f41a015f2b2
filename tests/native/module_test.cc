#include "native/module.h"

#include "vm_support.h"

int main(int argc, char** argv) {
  CHECK(argc == 2);
  Engines engines(argv[1]);
  const auto module = engines.load(wasm::filter());
  CHECK(module->facts.abi == 2 && module->facts.malloc);
  const std::string compiled = module->serialize();
  CHECK(!tamis::load_module(module->engine, wasm::filter(), compiled, 40)->refusal);
  CHECK(throws<std::invalid_argument>(
      [&] { tamis::load_module(module->engine, wasm::filter(), "damaged", 40); }));
  const auto refused = tamis::load_module(module->engine, "garbage", "", 40);
  CHECK(refused->raw == nullptr &&
        refused->refusal->reason == "Missing or unknown Proxy-Wasm ABI version");
  const auto invalid =
      tamis::load_module(module->engine, wasm::filter("proxy_on_done", ""), "", 40);
  CHECK(invalid->refusal->reason.starts_with("Failed to load Wasm bytecode: "));
  CHECK(tamis::detail::feature_in("legacy_exceptions feature required") == "legacy exceptions");
}
