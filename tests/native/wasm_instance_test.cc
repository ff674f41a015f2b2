#include "native/wasm_instance.h"

#include "vm_support.h"

using namespace tamis;
using namespace std::string_literals;

static void runs_and_counts(Engines& engines) {
  const auto module = engines.load(wasm::filter(), true);
  const Script script = script_of(2);
  Run run(module, script);
  CHECK(run.start().empty());
  CHECK(run.step(0) == 1 && run.step(1) == 2);
  const Stream& stream = run.streams()[0]->stream();
  CHECK(stream.id == 3 && stream.response().complete);
  const Vm& vm = run.vm();
  CHECK(vm.host.counts.callbacks[static_cast<size_t>(Callback::proxy_on_done)] == 2);
  CHECK(vm.fuel().value() > 0 && vm.host.counts.memory_high_water == 65536);
}

// Bodies of proxy_on_done: each ends the guest in its own way.
static void breaks(Engines& engines) {
  struct Case {
    std::string body;
    TrapKind kind;
  };
  const Case cases[] = {
      {"\x00"s, TrapKind::kUnreachable},
      {"\x41\x7f\x28\x02\x00"s, TrapKind::kOutOfBounds},       // load from -1
      {"\x03\x40\x0c\x00\x0b\x41\x00"s, TrapKind::kDeadline},  // loop forever
      {"\x41\x00\x10\x03"s, TrapKind::kStack},                 // calls itself
      {"\x41\x01\x41\x00\x6d"s, TrapKind::kOther},             // divides by zero
  };
  for (const Case& each : cases) {
    const auto module = engines.load(wasm::filter("proxy_on_done", each.body));
    Script script = script_of(2);
    script.limits.deadline_ms = 20;
    auto& ticker = const_cast<Engine&>(*module->engine).ticker;
    ticker.enter();
    Run run(module, script);
    CHECK(run.start().empty());
    run.step(0);
    ticker.leave();
    const Vm& vm = run.vm();
    CHECK(vm.failure().kind == each.kind && vm.failure().callback == "proxy_on_done" &&
          !vm.failure().text.empty());
    run.step(1);
    CHECK(run.streams()[0]->stream().response().headers.value(0) == "503");
  }
}

static void output_is_bounded(Engines& engines) {
  // proxy_log(2, 0, 60000)
  const auto module =
      engines.load(wasm::filter("proxy_on_done", "\x41\x02\x41\x00\x41\xe0\xd4\x03\x10\x00"s));
  Script script = script_of(2);
  script.limits.log_bytes = 70000;
  Run run(module, script);
  CHECK(run.start().empty());
  run.step(0);
  const Vm& vm = run.vm();
  CHECK(vm.failure().kind == TrapKind::kNone && run.world.log.lines().size() == 1);
  run.step(1);
  CHECK(vm.failure().kind == TrapKind::kOutOfMemory && vm.failure().callback == "proxy_on_done");
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  Engines engines(argv[1]);
  runs_and_counts(engines);
  breaks(engines);
  output_is_bounded(engines);
}
