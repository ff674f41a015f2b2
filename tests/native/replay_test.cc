#include "native/replay.h"

#include "vm_support.h"

using namespace tamis;

int main(int argc, char** argv) {
  CHECK(argc == 2);
  Engines engines(argv[1]);
  const auto module = engines.load(wasm::filter());
  Script script;
  script.exchanges.resize(2);
  script.exchanges[0].answer.headers.append(":status", "200");
  script.exchanges[1].answer.headers.append(":status", "404");
  const auto hash = [&](uint64_t passes) {
    Vm vm(module, script);
    const ReplayResult result = replay(vm, script, passes);
    CHECK(result.exchanges == passes * 2 && result.refused.empty());
    return result.hash;
  };
  const uint64_t one = hash(1);
  CHECK(hash(3) == 3 * one);
  std::swap(script.exchanges[0], script.exchanges[1]);
  CHECK(hash(1) == one);
  script.exchanges[0].answer.headers.set(":status", "405");
  CHECK(hash(1) != one);
}
