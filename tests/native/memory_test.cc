#include "native/memory.h"

#include "vm_support.h"

using namespace tamis;

int main(int argc, char** argv) {
  CHECK(argc == 2);
  WasmMemory unbound;
  CHECK(unbound.at(0, 1) == nullptr);
  Engines engines(argv[1]);
  Script script;
  Run run(engines.load(wasm::filter()), script);
  CHECK(run.start().empty());
  WasmMemory& memory = run.vm().host.guest.memory();
  CHECK(memory.size() == 65536 && memory.at(0, 65536) != nullptr && memory.at(65536, 0) != nullptr);
  CHECK(memory.at(65536, 1) == nullptr && memory.at(1, 65536) == nullptr &&
        memory.at(0xffffffff, 2) == nullptr);
  CHECK(memory.at(0xffffffff, 0xffffffff) == nullptr);
}
