#include "native/replay.h"

#include <atomic>

#include "allocations.h"
#include "vm_support.h"

using namespace tamis;

static const std::atomic<bool> kNoStop = false;

// Once warm, an exchange takes nothing from the heap: a thousand passes cost what ten cost.
static void the_steady_state_does_not_allocate(Engines& engines) {
  const auto module = engines.load(wasm::filter());
  Script script = script_of(1);
  ExchangeInput& input = script.exchanges[0];
  for (int i = 0; i < 20; ++i)
    input.request.headers.append("name-of-a-header", "a value of some length");
  input.request.chunks = {std::string(500, 'x'), std::string(700, 'y')};
  const auto cost = [&](uint64_t passes) {
    Run run(module, script);
    const size_t before = allocations;
    CHECK(replay(run, passes, kNoStop).exchanges == passes);
    return allocations - before;
  };
  CHECK(cost(1000) == cost(10));
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  Engines engines(argv[1]);
  the_steady_state_does_not_allocate(engines);
  const auto module = engines.load(wasm::filter());
  Script script = script_of(2);
  script.exchanges[1].answer.headers.set(":status", "404");
  const auto hash = [&](uint64_t passes) {
    Run run(module, script);
    const ReplayResult result = replay(run, passes, kNoStop);
    CHECK(result.exchanges == passes * 2 && result.refused.empty());
    return result.hash;
  };
  {
    Run run(module, script);
    CHECK(replay(run, 1000, std::atomic<bool>(true)).exchanges < 1000);
  }
  const uint64_t one = hash(1);
  CHECK(hash(3) == 3 * one);
  std::swap(script.exchanges[0], script.exchanges[1]);
  CHECK(hash(1) == one);
  script.exchanges[0].answer.headers.set(":status", "405");
  CHECK(hash(1) != one);
}
