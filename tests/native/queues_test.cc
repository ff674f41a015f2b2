#include "native/queues.h"

#include "check.h"
#include "native/world.h"

using namespace tamis;

struct Listener final : Occasion {
  void happen(uint32_t, uint64_t) override {}
};

static void tokens() {
  Queues queues(1 << 20);
  Listener a, b;
  CHECK(queues.resolve("vm", "q") == 0);
  CHECK(queues.enroll("vm", "q", &a) == 1 && queues.enroll("vm", "r", &a) == 2);
  CHECK(queues.enroll("other", "q", &b) == 3 && queues.enroll("vm", "q", &b) == 1);
  CHECK(queues.resolve("vm", "q") == 1 && queues.resolve("other", "q") == 3);
  CHECK(queues.resolve("", "q") == 0 && queues.resolve("vmq", "") == 0);
  CHECK(queues.all().size() == 3 && queues.all()[2].vm_id == "other");
}

static void items() {
  Queues queues(1 << 20);
  Listener a, b;
  const uint32_t token = queues.enroll("vm", "q", &a);
  Occasion* owner = nullptr;
  std::string out;
  CHECK(queues.dequeue(token, out) == kEmpty && queues.dequeue(0, out) == kNotFound);
  CHECK(queues.dequeue(token + 1, out) == kNotFound);
  CHECK(queues.enqueue(token + 1, "x", owner) == kNotFound && owner == nullptr);
  CHECK(queues.enqueue(token, "one", owner) == kOk && owner == &a);
  // Whoever registers it last hears of it; what is in it stays.
  queues.enroll("vm", "q", &b);
  CHECK(queues.enqueue(token, "", owner) == kOk && owner == &b);
  CHECK(queues.dequeue(token, out) == kOk && out == "one");
  CHECK(queues.dequeue(token, out) == kOk && out.empty());
  CHECK(queues.dequeue(token, out) == kEmpty);
  queues.forget(b);
  CHECK(queues.enqueue(token, "x", owner) == kOk && owner == nullptr);
}

static void bounded() {
  Queues queues(4096);
  Occasion* owner = nullptr;
  const uint32_t token = queues.enroll("vm", "q", nullptr);
  std::string out;
  for (int i = 0; i < 100; ++i) {
    CHECK(queues.enqueue(token, std::string(3000, 'x'), owner) == kOk);
    CHECK(queues.dequeue(token, out) == kOk && out.size() == 3000);
  }
  CHECK(throws<OutputLimit>(
      [&] {
        for (int i = 0; i < 1000; ++i) queues.enqueue(token, "", owner);
      },
      "queues"));
  CHECK(throws<OutputLimit>([&] {
    for (int i = 0; i < 1000; ++i) queues.enroll("vm", std::to_string(i), nullptr);
  }));
}

int main() {
  tokens();
  items();
  bounded();
}
