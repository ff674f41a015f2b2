#include "native/module.h"

#include <unistd.h>

#include <cstdlib>

#include "vm_support.h"

int main(int argc, char** argv) {
  CHECK(argc == 2);
  Engines engines(argv[1]);
  const auto module = engines.load(wasm::filter());
  CHECK(module->facts.abi == 2 && module->facts.malloc);
  const auto loads = [&](const std::string& stored) {
    char path[] = "/tmp/module_test.XXXXXX";
    const int file = mkstemp(path);
    CHECK(write(file, stored.data(), stored.size()) == static_cast<ssize_t>(stored.size()));
    close(file);
    const auto again = [&] { return tamis::load_module(module->engine, wasm::filter(), path, 40); };
    const bool bad = throws<std::invalid_argument>(again);
    CHECK(bad || !again()->refusal);
    unlink(path);
    return !bad;
  };
  CHECK(loads(module->serialize()));
  CHECK(loads(module->serialize() + "and what follows"));
  CHECK(!loads("damaged"));
  CHECK(throws<std::invalid_argument>(
      [&] { tamis::load_module(module->engine, wasm::filter(), "no such file", 40); }));
  const auto refused = tamis::load_module(module->engine, "garbage", "", 40);
  CHECK(refused->raw == nullptr &&
        refused->refusal->reason == "Missing or unknown Proxy-Wasm ABI version");
  const auto invalid =
      tamis::load_module(module->engine, wasm::filter("proxy_on_done", ""), "", 40);
  CHECK(invalid->refusal->reason.starts_with("Failed to load Wasm bytecode: "));
  CHECK(tamis::detail::feature_in("legacy_exceptions feature required") == "legacy exceptions");
}
