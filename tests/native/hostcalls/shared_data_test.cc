#include "native/hostcalls/shared_data.h"

#include "check.h"
#include "native_guest.h"

using namespace tamis;
using namespace tamis::hostcalls;

static constexpr uint32_t kOut = NativeGuest::kOut, kCas = kOut + 8, kFar = NativeGuest::kFar;

static uint32_t get(Rig& s, const std::string& key) {
  return proxy_get_shared_data(s.host, s.guest.put(key), static_cast<uint32_t>(key.size()), kOut,
                               kOut + 4, kCas);
}
static uint32_t set(Rig& s, const std::string& key, const std::string& value, uint32_t cas) {
  return proxy_set_shared_data(s.host, s.guest.put(key), static_cast<uint32_t>(key.size()),
                               s.guest.put(value), static_cast<uint32_t>(value.size()), cas);
}

static void values() {
  Rig s;
  CHECK(get(s, "k") == kNotFound);
  CHECK(set(s, "k", "one", 9) == kOk && get(s, "k") == kOk && s.guest.returned() == "one");
  const uint32_t cas = s.guest.word(kCas);
  CHECK(set(s, "k", "two", cas + 1) == kCasMismatch && set(s, "k", "", cas) == kOk);
  CHECK(get(s, "k") == kOk && s.guest.returned().empty() && s.guest.word(kOut) == 0);
  CHECK(s.guest.word(kCas) > cas);
}

static void of_the_vm_id() {
  Rig s;
  s.script.plugin.vm_id = "vm";
  s.world.shared_data.set("vm", "k", "v", 0);
  s.world.shared_data.set("", "other", "v", 0);
  CHECK(get(s, "k") == kOk && s.guest.returned() == "v" && get(s, "other") == kNotFound);
  CHECK(set(s, "new", "x", 0) == kOk && s.world.shared_data.get("vm", "new")->bytes == "x");
}

static void bad_addresses() {
  Rig s;
  CHECK(proxy_set_shared_data(s.host, kFar, 99, 0, 1, 0) == kInvalidMemoryAccess);
  CHECK(proxy_set_shared_data(s.host, 0, 1, kFar, 99, 0) == kInvalidMemoryAccess);
  CHECK(proxy_get_shared_data(s.host, kFar, 99, kOut, kOut, kOut) == kInvalidMemoryAccess);
  CHECK(set(s, "k", "v", 0) == kOk);
  const uint32_t key = s.guest.put("k");
  CHECK(proxy_get_shared_data(s.host, key, 1, kFar, kOut, kOut) == kInvalidMemoryAccess);
  CHECK(proxy_get_shared_data(s.host, key, 1, kOut, kFar, kOut) == kInvalidMemoryAccess);
  CHECK(proxy_get_shared_data(s.host, key, 1, kOut, kOut, kFar) == kInvalidMemoryAccess);
  s.guest.refuse_allocations = true;
  CHECK(proxy_get_shared_data(s.host, key, 1, kOut, kOut, kOut) == kInvalidMemoryAccess);
}

int main() {
  values();
  of_the_vm_id();
  bad_addresses();
}
