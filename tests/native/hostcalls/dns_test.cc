#include "native/hostcalls/dns.h"

#include "check.h"
#include "native_guest.h"

using namespace tamis;
using namespace tamis::hostcalls;

static constexpr uint32_t kOut = NativeGuest::kOut;

struct Heard final : Occasion {
  void happen(uint32_t what, uint64_t stamp) override { all.emplace_back(what, stamp); }
  std::vector<std::pair<uint32_t, uint64_t>> all;
};

static uint32_t resolve(Rig& rig, const std::string& name) {
  return envoy_resolve_dns(rig.host, rig.guest.put(name), static_cast<uint32_t>(name.size()), kOut);
}

int main() {
  Rig rig;
  Heard heard;
  rig.plugin.flow = &heard;
  std::vector<uint32_t> arguments;
  rig.guest.callbacks[Callback::envoy_on_resolve_dns] = [&](std::vector<uint32_t> given) {
    arguments = given;
    CHECK(!rig.host.in_stream() && rig.host.current == Rig::kPlugin);
    return 0U;
  };
  // Inside the call, and the stream goes on as if nothing had been.
  CHECK(resolve(rig, "10.0.0.1") == kOk && rig.guest.word(kOut) == 2);
  CHECK(arguments == std::vector<uint32_t>({Rig::kPlugin, 2, 19}) && rig.plugin.dns.size() == 19);
  CHECK(rig.host.in_stream() && rig.host.current == Rig::kStream && heard.all.empty());
  CHECK(resolve(rig, "a b") == kOk && arguments[1] == 3 && arguments[2] == 0);
  // Later.
  CHECK(resolve(rig, "example.com") == kOk && rig.guest.word(kOut) == 4 && arguments[1] == 3);
  rig.world.settle();
  const auto what = static_cast<uint32_t>(Happening::kDns);
  CHECK(heard.all == std::vector<std::pair<uint32_t, uint64_t>>{{what, 4}});
  CHECK(envoy_resolve_dns(rig.host, NativeGuest::kFar, 99, kOut) == kInvalidMemoryAccess);
  CHECK(envoy_resolve_dns(rig.host, 0, 0, NativeGuest::kFar) == kInvalidMemoryAccess);
}
