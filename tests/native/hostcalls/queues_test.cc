#include "native/hostcalls/queues.h"

#include "check.h"
#include "native_guest.h"

using namespace tamis;
using namespace tamis::hostcalls;

static constexpr uint32_t kOut = NativeGuest::kOut, kFar = NativeGuest::kFar;

static uint32_t size(const std::string& text) { return static_cast<uint32_t>(text.size()); }
static uint32_t enroll(Rig& s, const std::string& name) {
  return proxy_register_shared_queue(s.host, s.guest.put(name), size(name), kOut);
}
static uint32_t resolve(Rig& s, const std::string& vm_id, const std::string& name) {
  return proxy_resolve_shared_queue(s.host, s.guest.put(vm_id), size(vm_id), s.guest.put(name),
                                    size(name), kOut);
}
static uint32_t put(Rig& s, uint32_t token, const std::string& item) {
  return proxy_enqueue_shared_queue(s.host, token, s.guest.put(item), size(item));
}
static uint32_t take(Rig& s, uint32_t token) {
  return proxy_dequeue_shared_queue(s.host, token, kOut, kOut + 4);
}

struct Heard final : Occasion {
  void happen(uint32_t what, uint64_t stamp) override { all.emplace_back(what, stamp); }
  std::vector<std::pair<uint32_t, uint64_t>> all;
};

static void in_and_out() {
  Rig s;
  s.script.plugin.vm_id = "vm";
  Heard heard;
  s.plugin.flow = &heard;
  CHECK(resolve(s, "", "q") == kNotFound && put(s, 1, "x") == kNotFound && take(s, 1) == kNotFound);
  CHECK(enroll(s, "q") == kOk && s.guest.word(kOut) == 1 && take(s, 1) == kEmpty);
  CHECK(resolve(s, "vm", "q") == kOk && resolve(s, "", "q") == kOk && s.guest.word(kOut) == 1);
  CHECK(resolve(s, "other", "q") == kNotFound);
  CHECK(put(s, 1, "one") == kOk && put(s, 1, "") == kOk);
  // A stream registers for its plugin, which hears of each item later.
  CHECK(heard.all.empty());
  s.world.settle();
  const auto what = static_cast<uint32_t>(Happening::kQueue);
  CHECK(heard.all == std::vector<std::pair<uint32_t, uint64_t>>{{what, 1}, {what, 1}});
  CHECK(take(s, 1) == kOk && s.guest.returned() == "one");
  CHECK(take(s, 1) == kOk && s.guest.returned().empty() && take(s, 1) == kEmpty);
}

static void bad_addresses() {
  Rig s;
  CHECK(proxy_register_shared_queue(s.host, kFar, 99, kOut) == kInvalidMemoryAccess);
  CHECK(proxy_register_shared_queue(s.host, 0, 1, kFar) == kInvalidMemoryAccess);
  CHECK(enroll(s, "q") == kOk);
  const uint32_t token = s.guest.word(kOut);
  CHECK(proxy_resolve_shared_queue(s.host, kFar, 99, 0, 1, kOut) == kInvalidMemoryAccess);
  CHECK(proxy_resolve_shared_queue(s.host, 0, 0, kFar, 99, kOut) == kInvalidMemoryAccess);
  CHECK(proxy_enqueue_shared_queue(s.host, token, kFar, 99) == kInvalidMemoryAccess);
  CHECK(put(s, token, "lost") == kOk && put(s, token, "kept") == kOk);
  CHECK(proxy_dequeue_shared_queue(s.host, token, kFar, kOut) == kInvalidMemoryAccess);
  CHECK(take(s, token) == kOk && s.guest.returned() == "kept");
}

int main() {
  in_and_out();
  bad_addresses();
}
