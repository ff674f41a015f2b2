#include "native/hostcalls/headers.h"

#include "check.h"
#include "native_guest.h"

using namespace tamis;
using namespace tamis::hostcalls;

static constexpr uint32_t kOut = NativeGuest::kOut;

static uint32_t get(Rig& w, uint32_t map, std::string_view key) {
  return proxy_get_header_map_value(w.host, map, w.guest.put(key),
                                    static_cast<uint32_t>(key.size()), kOut, kOut + 4);
}
static uint32_t add(Rig& w, uint32_t map, std::string_view key, std::string_view value) {
  return proxy_add_header_map_value(w.host, map, w.guest.put(key),
                                    static_cast<uint32_t>(key.size()), w.guest.put(value),
                                    static_cast<uint32_t>(value.size()));
}
static uint32_t set_pairs(Rig& w, uint32_t map, std::string_view bytes) {
  return proxy_set_header_map_pairs(w.host, map, w.guest.put(bytes),
                                    static_cast<uint32_t>(bytes.size()));
}

static void values() {
  Rig w;
  w.host.abi = 2;
  auto& headers = w.show(0);
  headers.add("x-a", "1");
  headers.add("x-a", "2");
  CHECK(get(w, 0, "X-A") == kOk && w.guest.returned() == "1");
  CHECK(get(w, 0, "y") == kNotFound);
  w.host.abi = 0;
  CHECK(get(w, 0, "y") == kOk && w.guest.word(kOut + 4) == 0);
  w.host.abi = 1;
  CHECK(get(w, 0, "y") == kNotFound);
  CHECK(add(w, 0, "New", "v") == kOk && headers.find("new") != HeaderMap::npos);
  CHECK(proxy_replace_header_map_value(w.host, 0, w.guest.put("x-a"), 3, w.guest.put("9"), 1) ==
        kOk);
  CHECK(get(w, 0, "x-a") == kOk && w.guest.returned() == "9");
  CHECK(proxy_remove_header_map_value(w.host, 0, w.guest.put("x-a"), 3) == kOk &&
        get(w, 0, "x-a") == kNotFound);
  CHECK(proxy_remove_header_map_value(w.host, 0, w.guest.put("x-a"), 3) == kOk);
}

static void unavailable_maps() {
  Rig w;
  w.host.abi = 2;
  for (uint32_t map = 0; map < 8; ++map) {
    CHECK(get(w, map, "x") == kBadArgument && add(w, map, "x", "y") == kBadArgument);
    CHECK(set_pairs(w, map, "") == kBadArgument);
    CHECK(proxy_get_header_map_size(w.host, map, kOut) == kBadArgument);
    CHECK(proxy_get_header_map_pairs(w.host, map, kOut, kOut + 4) == kOk &&
          w.guest.word(kOut + 4) == 0);
  }
  CHECK(get(w, 8, "x") == kBadArgument &&
        proxy_get_header_map_pairs(w.host, 8, kOut, kOut + 4) == kBadArgument);
  w.stream.log_phase = true;
  CHECK(get(w, 1, "x") == kNotFound);
  // What is logged can only be read, unless the filter never gave the message back.
  auto& headers = w.show(0);
  headers.add("x", "1");
  w.stream.logged[0] = &headers;
  w.stream.maps[0] = nullptr;
  CHECK(get(w, 0, "x") == kOk && add(w, 0, "x", "y") == kBadArgument);
  CHECK(proxy_get_header_map_size(w.host, 0, kOut) == kBadArgument);
  w.stream.maps[0] = &headers;
  CHECK(add(w, 0, "x", "y") == kOk && proxy_get_header_map_size(w.host, 0, kOut) == kOk);
}

static void out_of_bounds() {
  Rig w;
  w.host.abi = 2;
  w.show(0).add("x", "1");
  constexpr uint32_t kFar = NativeGuest::kFar;
  CHECK(proxy_get_header_map_value(w.host, 0, kFar, 32, kOut, kOut) == kInvalidMemoryAccess);
  CHECK(proxy_get_header_map_value(w.host, 0, w.guest.put("x"), 1, kFar, kOut) ==
        kInvalidMemoryAccess);
  CHECK(proxy_add_header_map_value(w.host, 0, 0, 1, kFar, 32) == kInvalidMemoryAccess);
  CHECK(proxy_replace_header_map_value(w.host, 0, kFar, 32, 0, 1) == kInvalidMemoryAccess);
  CHECK(proxy_remove_header_map_value(w.host, 0, kFar, 32) == kInvalidMemoryAccess);
  CHECK(proxy_get_header_map_pairs(w.host, 0, kFar, kOut) == kInvalidMemoryAccess);
  CHECK(proxy_set_header_map_pairs(w.host, 0, kFar, 32) == kInvalidMemoryAccess);
  CHECK(proxy_get_header_map_size(w.host, 0, kFar) == kInvalidMemoryAccess);
  w.guest.refuse_allocations = true;
  CHECK(proxy_get_header_map_pairs(w.host, 0, kOut, kOut + 4) == kInvalidMemoryAccess);
}

static void pairs_and_size() {
  Rig w;
  auto& headers = w.show(2);
  headers.add("a", "1");
  headers.add("b", "22");
  CHECK(proxy_get_header_map_size(w.host, 2, kOut) == kOk && w.guest.word(kOut) == 5);
  CHECK(proxy_get_header_map_pairs(w.host, 2, kOut, kOut + 4) == kOk);
  const std::string bytes = w.guest.returned();
  CHECK(bytes.size() == headers.serialized_size());
  headers.clear();
  CHECK(set_pairs(w, 2, bytes) == kOk && headers.size() == 2 && headers.value(1) == "22");
  CHECK(set_pairs(w, 2, bytes + "!") == kOk && headers.empty());
}

int main() {
  values();
  unavailable_maps();
  out_of_bounds();
  pairs_and_size();
}
