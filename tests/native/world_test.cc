#include "native/world.h"

#include "check.h"

using namespace tamis;

// Writes down what happens to it.
struct Noted final : Occasion {
  void happen(uint32_t what, uint64_t stamp) override {
    told += std::to_string(what) + "/" + std::to_string(stamp) + ";";
    if (then) then();
  }
  void exhaust(const OutputLimit& limit) override { exhausted = limit.what(); }
  std::string told, exhausted;
  std::function<void()> then;
};

static void in_order_of_time_then_of_cause() {
  const Script script;
  World world(script);
  Noted who;
  world.plan(20, who, 1, 0);
  world.plan(10, who, 2, 0);
  world.plan(10, who, 3, 7);
  CHECK(!world.idle() && world.waiting());
  world.settle();
  CHECK(who.told == "2/0;3/7;1/0;" && world.clock.passed == 20 && world.idle());
}

static void envoys_own_doings_come_first() {
  const Script script;
  World world(script);
  Noted who;
  world.plan(0, who, 1, 0);
  world.plan_next(who, 2, 0);
  world.plan_next(who, 3, 0);
  who.then = [&] {
    who.then = nullptr;
    world.plan_next(who, 4, 0);
  };
  CHECK(world.behind() && world.waiting());
  world.catch_up();
  CHECK(who.told == "2/0;3/0;4/0;" && !world.behind() && world.waiting());
  world.settle();
  CHECK(who.told == "2/0;3/0;4/0;1/0;" && world.idle());
}

// Nobody waits for a timer, but those that are due before what is waited for go off.
static void timers() {
  const Script script;
  World world(script);
  Noted who;
  world.plan(10, who, 1, 0, true);
  world.plan(30, who, 2, 0, true);
  world.settle();
  CHECK(who.told.empty() && !world.waiting());
  world.plan(20, who, 3, 0);
  world.settle();
  CHECK(who.told == "1/0;3/0;" && world.clock.passed == 20);
  world.advance(9);
  CHECK(who.told == "1/0;3/0;" && world.clock.passed == 29);
  world.advance(1);
  CHECK(who.told == "1/0;3/0;2/0;" && world.idle());
}

static void forgets() {
  const Script script;
  World world(script);
  Noted one, other;
  world.plan(0, one, 1, 0);
  world.plan(1, other, 2, 0);
  world.plan(2, other, 3, 0, true);
  world.plan(3, one, 4, 0, true);
  world.forget_timer(other);
  world.forget(one);
  CHECK(world.waiting());
  world.advance(10);
  CHECK(one.told.empty() && other.told == "2/0;" && world.idle());
}

// Whoever keeps a step busy for ever is told to stop; what is planned at once is bounded, too.
static void ends() {
  const Script script;
  World world(script);
  Noted who;
  who.then = [&] { world.plan(0, who, 1, 0); };
  world.plan(0, who, 1, 0);
  world.begin_step(0);
  world.settle();
  CHECK(who.exhausted == "output limit: more than 100000 events in one step");
  for (uint64_t i = 0; i < World::kMaxEvents; ++i) world.plan(i, who, 1, 0);
  CHECK(throws<OutputLimit>([&] { world.plan(0, who, 1, 0); }, "events planned"));
}

static void callouts() {
  Script script;
  script.limits.body_bytes = 4096;
  World world(script);
  const size_t first = world.record({}, true);
  world.add_message(first, "a");
  CHECK(world.callout(first)->messages.size() == 1);
  world.forget_callouts();
  CHECK(world.callouts.empty() && world.callout(first) == nullptr);
  world.add_message(first, "lost");  // a gRPC stream that was open meanwhile
  const size_t second = world.record({}, false);
  CHECK(second != first && !world.callout(second)->answered);
  CHECK(throws<OutputLimit>([&] { world.add_message(second, std::string(5000, 'x')); },
                            "of callouts"));
}

static void begins_as_the_script_says() {
  Script script;
  script.now = 5;
  script.plugin.vm_id = "vm";
  script.shared_data = {{"k", "v"}};
  script.callouts.resize(1);
  script.callouts[0].times = 3;
  const World world(script);
  CHECK(world.clock.wall() == 5 && world.left[0] == 3);
  CHECK(world.shared_data.get("vm", "k")->bytes == "v");
}

int main() {
  in_order_of_time_then_of_cause();
  envoys_own_doings_come_first();
  timers();
  forgets();
  ends();
  callouts();
  begins_as_the_script_says();
}
