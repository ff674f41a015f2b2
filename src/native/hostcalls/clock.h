// The wall clock, which is virtual.
#pragma once

#include "../host.h"

namespace tamis::hostcalls {

template <typename H>
uint32_t proxy_get_current_time_nanoseconds(H& host, Address<H> out) {
  return host.write(out, host.world.clock.wall()) ? kOk : kInvalidMemoryAccess;
}

}  // namespace tamis::hostcalls
