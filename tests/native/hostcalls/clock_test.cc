#include "native/hostcalls/clock.h"

#include "check.h"
#include "native_guest.h"

int main() {
  Rig w;
  w.world.clock = {1000, 5};
  CHECK(tamis::hostcalls::proxy_get_current_time_nanoseconds(w.host, NativeGuest::kOut) ==
        tamis::kOk);
  CHECK(w.guest.wide(NativeGuest::kOut) == 1005);
  CHECK(tamis::hostcalls::proxy_get_current_time_nanoseconds(w.host, NativeGuest::kFar + 12) ==
        tamis::kInvalidMemoryAccess);
}
