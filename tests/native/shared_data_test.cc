#include "native/shared_data.h"

#include "check.h"

using namespace tamis;

static void values() {
  SharedData data(1 << 20);
  CHECK(data.get("vm", "k") == nullptr && data.values("vm").empty());
  CHECK(data.set("vm", "k", "one", 0) == kOk);
  CHECK(data.get("vm", "k")->bytes == "one" && data.get("other", "k") == nullptr);
  CHECK(data.set("vm", "", "empty key", 0) == kOk && data.get("vm", "")->bytes == "empty key");
  CHECK(data.values("vm").begin()->first.empty() && data.values("vm").size() == 2);
}

static void numbers() {
  SharedData data(1 << 20);
  // A number does not matter where nothing is; one sequence serves all ids.
  CHECK(data.set("vm", "k", "a", 77) == kOk && data.get("vm", "k")->cas == 1);
  CHECK(data.set("other", "k", "b", 0) == kOk && data.get("other", "k")->cas == 2);
  CHECK(data.set("vm", "k", "c", 2) == kCasMismatch && data.get("vm", "k")->bytes == "a");
  CHECK(data.set("vm", "k", "c", 1) == kOk && data.get("vm", "k")->cas == 3);
  CHECK(data.set("vm", "k", "d", 1) == kCasMismatch);
  CHECK(data.set("vm", "k", "e", 0) == kOk && data.get("vm", "k")->cas == 4);
}

static void bounded() {
  SharedData data(4096);
  const std::string big(2000, 'x');
  CHECK(data.set("vm", "k", big, 0) == kOk);
  for (int i = 0; i < 100; ++i) CHECK(data.set("vm", "k", big, 0) == kOk);  // replaced, not added
  CHECK(throws<OutputLimit>([&] { data.set("vm", "l", big, 0); }, "shared data"));
  CHECK(data.get("vm", "l") == nullptr);
  CHECK(throws<OutputLimit>([&] { data.set("vm", "k", std::string(5000, 'x'), 0); }));
  CHECK(data.get("vm", "k")->bytes == big);
  CHECK(throws<OutputLimit>([&] {
    for (int i = 0; i < 1000; ++i) data.set("vm", std::to_string(i), "", 0);
  }));
}

int main() {
  values();
  numbers();
  bounded();
}
