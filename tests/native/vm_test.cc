#include "native/vm.h"

#include "vm_support.h"

using namespace tamis;

// What is done with may be had again; what is under way stays its own.
int main(int argc, char** argv) {
  CHECK(argc == 2);
  Engines engines(argv[1]);
  const auto module = engines.load(wasm::filter());
  const Script script = script_of(2);
  World world(script);
  Vm vm(module, world, script.plugin);
  CHECK(vm.load().empty() && vm.start(script.plugin, 0).empty());
  CHECK(vm.host.counts.memory_high_water == 65536);
  auto& first = vm.free_exchange();
  CHECK(&vm.free_exchange() == &first);
  first.begin(script.exchanges[0], *vm.host.plugins.back());
  world.settle();
  CHECK(first.done() && &vm.free_exchange() == &first);
  CHECK(&vm.free_connection() == &vm.free_connection());
  vm.remove(1);  // not one of its plugins
  CHECK(vm.host.counts.callbacks[static_cast<size_t>(Callback::proxy_on_done)] == 1);
  vm.remove(0);
  CHECK(vm.host.counts.callbacks[static_cast<size_t>(Callback::proxy_on_done)] == 2);
}
