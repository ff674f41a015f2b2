#include "native/hostcalls/log.h"

#include "check.h"
#include "native_guest.h"

using namespace tamis;
using namespace tamis::hostcalls;

int main() {
  Rig w;
  constexpr uint32_t kOut = NativeGuest::kOut;
  CHECK(proxy_log(w.host, 5, w.guest.put("line"), 4) == kOk);
  CHECK(w.world.log.text(w.world.log.lines()[0]) == "line" && w.world.log.lines()[0].level == 5);
  CHECK(proxy_log(w.host, 6, NativeGuest::kFar, 99) == kBadArgument);
  CHECK(proxy_log(w.host, 0, NativeGuest::kFar, 99) == kInvalidMemoryAccess);
  CHECK(w.world.log.lines().size() == 1);
  w.host.write(kOut, uint32_t{9});
  CHECK(proxy_get_log_level(w.host, kOut) == kOk && w.guest.word(kOut) == 0);
  CHECK(proxy_get_log_level(w.host, NativeGuest::kFar + 14) == kInvalidMemoryAccess);
  CHECK(proxy_get_status(w.host, kOut, kOut + 4, kOut + 8) == kOk && w.guest.word(kOut + 8) == 0);
}
