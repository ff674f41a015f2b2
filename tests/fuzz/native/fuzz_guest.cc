// Whole guests: valid filters made at random, some then damaged, run under tight limits. Each ends
// as a verdict: refused with a reason, started or not, exchanges answered; never a crash or a hang.
#include "module_maker.h"
#include "native/vm.h"

using namespace tamis;

static Input message(fuzz::Random& random, bool request) {
  Input input;
  if (request) {
    input.headers.append(":authority", "a.test");
    input.headers.append(":path", "/p?q");
    input.headers.append(":method", "GET");
    input.headers.append(":scheme", "http");
  } else {
    input.headers.append(":status", "200");
  }
  for (size_t n = random.below(4); n > 0; --n)
    input.headers.append("x-a", std::string(random.below(40), 'v'));
  for (size_t n = random.below(4); n > 0; --n)
    input.chunks.emplace_back(random.chance(8) ? 5000 : random.below(20), 'b');
  if ((input.has_trailers = random.chance(3))) input.trailers.append("x-t", "1");
  return input;
}

static Script script_of(fuzz::Random& random) {
  Script script;
  script.plugin_name = "fuzz";
  script.plugin_configuration = std::string(random.below(30), '{');
  script.properties = {{std::string("source\0address", 14), "1.2.3.4:5"}};
  script.environment = {{"A", "b"}};
  script.limits.memory = 1 << 20;
  script.limits.table_elements = 1000;
  script.limits.deadline_ms = 10;
  script.limits.log_bytes = 1 << 16;
  script.limits.body_bytes = 1 << 18;
  script.limits.buffer_bytes = 4096;
  for (size_t n = 1 + random.below(3); n > 0; --n) {
    ExchangeInput input;
    input.request = message(random, true);
    input.answer = message(random, false);
    input.reset = random.chance(8);
    if (random.chance(10)) input.refused = static_cast<int32_t>(400 * random.below(2));
    script.exchanges.push_back(std::move(input));
  }
  script.allow_on_headers_stop_iteration = random.chance(2);
  return script;
}

// How many ended each way: a fuzzer that only sees refusals tests nothing.
struct Tally {
  size_t refused = 0, unstarted = 0, broken = 0, whole = 0;
};

static void judge(const std::shared_ptr<Module>& module, fuzz::Random& random, Tally& tally) {
  if (module->refusal) {
    CHECK(!module->refusal->reason.empty());
    ++tally.refused;
    return;
  }
  const Script script = script_of(random);
  Vm vm(module, script);
  if (!vm.start().empty()) {
    ++tally.unstarted;
    return;
  }
  for (const ExchangeInput& input : script.exchanges) {
    vm.run(input);
    CHECK(vm.host.counts.memory_high_water <= size_t{1} << 20);
    // A VM that broke refuses what comes next, as Envoy does.
    if (vm.failure().kind != TrapKind::kNone) CHECK(!vm.failure().text.empty());
  }
  ++(vm.failure().kind == TrapKind::kNone ? tally.whole : tally.broken);
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  const wasmtime::Api api = wasmtime::load(argv[1]);
  const std::shared_ptr<Engine> engines[] = {
      std::make_shared<Engine>(api, false, size_t{128} << 10),
      std::make_shared<Engine>(api, true, size_t{128} << 10)};
  for (const auto& engine : engines) engine->ticker.enter();
  Tally tally;
  fuzz::run("guest", 4000, 25, [&](fuzz::Random& random) {
    std::string wasm = fuzz::ModuleMaker(random).make();
    if (random.chance(3)) fuzz::damage(wasm, random, 8);
    judge(load_module(random.pick(engines), wasm, "", 40), random, tally);
  });
  for (const auto& engine : engines) engine->ticker.leave();
  std::printf("%zu refused, %zu unstarted, %zu broken, %zu whole\n", tally.refused, tally.unstarted,
              tally.broken, tally.whole);
  CHECK(fuzz::setting("TAMIS_FUZZ_ROUND", UINT64_MAX) != UINT64_MAX ||
        (tally.refused > 0 && tally.broken > 0 && tally.whole > 0));
}
