// Whole guests: valid filters made of choices, some then damaged, run under tight limits through
// worlds made of choices, too. Each ends as a verdict: refused with a reason, started or not, steps
// run to their end; never a crash or a hang.
#include "module_maker.h"
#include "native/run.h"
#include "worlds.h"

using namespace tamis;

// Made at the first input: libFuzzer installs its signal handlers before, the engine's come first.
struct Engines {
  Engines() {
    for (const auto& engine : all) engine->ticker.enter();
  }
  static const Engines& get() {
    static const Engines& engines = *new Engines;  // never goes: threads of the engine may live on
    return engines;
  }
  const wasmtime::Api api = wasmtime::load(TAMIS_WASMTIME);
  const std::shared_ptr<Engine> all[2] = {std::make_shared<Engine>(api, false, size_t{128} << 10),
                                          std::make_shared<Engine>(api, true, size_t{128} << 10)};
};

static void judge(const std::shared_ptr<Module>& module, const Script& script) {
  if (module->refusal) {
    CHECK(!module->refusal->reason.empty());
    return;
  }
  Run run(module, script);
  if (!run.start().empty()) return;
  for (size_t at = 0; at < script.steps.size();) {
    const size_t next = run.step(at);
    CHECK(next > at && !run.world.waiting());
    for (const auto* exchange : run.streams()) CHECK(exchange->done());
    for (const auto* connection : run.connections()) CHECK(connection->done());
    for (const auto& vm : run.vms()) {
      CHECK(vm->host.counts.memory_high_water <= size_t{1} << 20);
      // A VM that broke refuses what comes next, as Envoy does.
      CHECK(vm->failure().kind == TrapKind::kNone || !vm->failure().text.empty());
    }
    at = next;
  }
  if (script.removal) run.remove();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Engines& engines = Engines::get();
  fuzz::Choices choices(data, size);
  Script script = fuzz::script(choices);
  script.trace = choices.chance(4);
  std::string wasm = fuzz::ModuleMaker(choices).make();
  if (choices.chance(4))
    for (size_t n = 1 + choices.below(3); n > 0; --n)
      wasm[8 + choices.below(wasm.size() - 8)] = static_cast<char>(choices.below(256));
  judge(load_module(choices.pick(engines.all), wasm, "", 36 + choices.below(6)), script);
  return 0;
}
