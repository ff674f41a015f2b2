#include "native/host.h"

#include "check.h"
#include "native_guest.h"

static void give_and_read() {
  Rig w;
  CHECK(w.host.give("hello", NativeGuest::kOut, NativeGuest::kOut + 4) == tamis::kOk);
  CHECK(w.guest.returned() == "hello" && w.host.counts.bytes_in == 5);
  CHECK(w.host.give("", NativeGuest::kOut, NativeGuest::kOut + 4) == tamis::kOk);
  CHECK(w.guest.word(NativeGuest::kOut) == 0 && w.guest.word(NativeGuest::kOut + 4) == 0);
  CHECK(w.host.give("x", NativeGuest::kFar, NativeGuest::kOut) == tamis::kInvalidMemoryAccess);
  CHECK(w.host.give("x", NativeGuest::kOut, NativeGuest::kFar) == tamis::kInvalidMemoryAccess);
  w.guest.refuse_allocations = true;
  CHECK(w.host.give("x", NativeGuest::kOut, NativeGuest::kOut + 4) == tamis::kInvalidMemoryAccess);
  CHECK(w.host.read(NativeGuest::kFar, 32).data() == nullptr);
  CHECK(w.host.read(0, 8).size() == 8 && w.host.counts.bytes_out == 8);
}

static void contexts() {
  Rig w(Rig::kPlugin);
  w.stream.maps[0] = &w.stream.request().headers;
  CHECK(w.host.active().maps[0] == nullptr);
  CHECK(w.host.touch(2));
  CHECK(w.host.active().maps[0] != nullptr);
}

static void calls() {
  Rig w;
  uint32_t result = 9;
  CHECK(w.host.call(tamis::Callback::proxy_on_done, 2, std::array{2U}, result, 1) && result == 1);
  w.guest.callbacks[tamis::Callback::proxy_on_done] = [&](auto) { return w.host.current; };
  CHECK(w.host.call(tamis::Callback::proxy_on_done, 1, std::array{1U}, result) && result == 1);
  CHECK(w.host.current == tamis::kVmContext);
}

static void pairs_of_the_guest() {
  Rig w;
  tamis::HeaderMap from, map;
  from.append("X-A", "One");
  from.append("x-b", "");
  std::string bytes(from.serialized_size(), '\0');
  from.serialize(bytes.data());
  w.host.fill(map, bytes);
  CHECK(map.size() == 2 && map.name(0) == "x-a" && map.value(0) == "One" && map.name(1) == "x-b");
  w.host.fill(map, bytes.substr(1));  // malformed: nothing
  CHECK(map.size() == 2);
  CHECK(w.host.lowered("x-é-1") == "x-é-1" && w.host.lowered("X-Y") == "x-y");
}

int main() {
  pairs_of_the_guest();
  give_and_read();
  contexts();
  calls();
}
