#include "native/trampolines.h"

#include "vm_support.h"

using namespace tamis;
using namespace std::string_literals;

int main(int argc, char** argv) {
  CHECK(argc == 2);
  for (const auto& trampoline : kTrampolines<WasmHost>) CHECK(trampoline != nullptr);
  // The entry point may log and nothing else of ours; here it logs.
  Engines engines(argv[1]);
  const auto module =
      engines.load(wasm::filter("proxy_on_done", "\x41\x09\x41\x00\x41\x00\x10\x00"s));  // level 9
  const Script script = script_of(1);
  Run run(module, script);
  CHECK(run.start().empty());
  run.step(0);
  Vm& vm = run.vm();
  CHECK(vm.host.counts.imports[static_cast<size_t>(Import::proxy_log)] == 1 &&
        run.world.log.lines().empty());
  wasmtime::ValRaw values[10]{};
  const auto call = [&](Import import) {
    return kTrampolines<WasmHost>[static_cast<size_t>(import)](&vm.host, nullptr, values, 10);
  };
  CHECK(call(Import::path_open) == nullptr && values[0].u32 == kWasiNoent);
  vm.host.allowed = Allowed::kVmInit;
  CHECK(call(Import::path_link) == nullptr && values[0].u32 == kWasiNotsup);
  wasmtime::Trap* trap = call(Import::proxy_done);
  CHECK(trap != nullptr && vm.failure().text == "restricted_callback");
  engines.api.trap_delete(trap);
}
