#include "native/run.h"

#include "vm_support.h"

using namespace tamis;
using namespace std::string_literals;

// Plugins of one VM id and configuration share a VM, those beside come first.
static void plugins_share_vms(Engines& engines) {
  const auto module = engines.load(wasm::filter());
  Script script = script_of(1);
  script.beside.resize(3);
  script.beside[1].vm_id = script.beside[2].vm_id = "other";
  script.beside[2].vm_configuration = "x";
  Run run(module, script);
  CHECK(run.start().empty() && run.vms().size() == 3);
  const auto& plugins = run.vm().host.plugins;
  CHECK(&run.vm() == run.vms()[0].get() && plugins.size() == 2);
  CHECK(plugins[0]->index == 0 && plugins[1]->index == 3 && plugins[1]->id == 2);
  CHECK(run.step(0) == 1 && run.streams()[0]->stream().plugin == plugins[1].get());
  run.remove();
  for (const auto& vm : run.vms())
    CHECK(vm->host.counts.callbacks[static_cast<size_t>(Callback::proxy_on_done)] ==
          vm->host.plugins.size() + (vm.get() == &run.vm() ? 1 : 0));
}

static void steps_overlap(Engines& engines) {
  const auto module = engines.load(wasm::filter());
  Script script = script_of(3);
  script.exchanges[0].after = 30;
  script.steps[1].overlap = true;
  Run run(module, script);
  CHECK(run.start().empty());
  CHECK(run.step(0) == 2 && run.streams().size() == 2 && run.world.clock.passed == 30);
  for (const auto* exchange : run.streams()) CHECK(exchange->stream().response().complete);
  CHECK(run.step(2) == 3 && run.streams().size() == 1);
}

static void kinds_of_steps(Engines& engines) {
  const auto module = engines.load(wasm::filter());
  Script script;
  script.connections.push_back({{{false, ConnectionEvent::What::kData, "x"}}});
  script.steps = {{StepInput::Kind::kTick, false, 0, 7},
                  {StepInput::Kind::kConnection, false, 0, 0}};
  Run run(module, script);
  CHECK(run.start().empty() && run.step(0) == 1 && run.world.clock.passed == 7);
  CHECK(run.step(1) == 2 && run.connections()[0]->stream().request().sent == "x");
}

// A VM that broke is replaced where the policy says so, and not before the backoff is over.
static void reloads(Engines& engines) {
  const auto module = engines.load(wasm::filter("proxy_on_done", "\x00"s));
  Script script = script_of(3);
  script.plugin.policy = FailurePolicy::kReload;
  script.steps.insert(script.steps.begin() + 2, {StepInput::Kind::kTick, false, 0, 2'000'000'000});
  Run run(module, script);
  CHECK(run.start().empty());
  run.step(0);
  CHECK(run.failure().kind == TrapKind::kUnreachable && run.vms().size() == 1);
  run.step(1);
  CHECK(run.vms().size() == 1 && run.streams()[0]->stream().reply.status == 503);
  run.step(2);
  run.step(3);
  CHECK(run.vms().size() == 2 && run.streams()[0]->stream().response().complete &&
        !run.streams()[0]->stream().reply.sent);
  CHECK(run.failure().callback == "proxy_on_done");
  CHECK(run.counts().callbacks[static_cast<size_t>(Callback::proxy_on_done)] == 2);
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  Engines engines(argv[1]);
  plugins_share_vms(engines);
  steps_overlap(engines);
  kinds_of_steps(engines);
  reloads(engines);
}
