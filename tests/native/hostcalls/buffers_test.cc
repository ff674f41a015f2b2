#include "native/hostcalls/buffers.h"

#include "check.h"
#include "native_guest.h"

using namespace tamis;
using namespace tamis::hostcalls;

static constexpr uint32_t kOut = NativeGuest::kOut;

static uint32_t get(Rig& w, uint32_t buffer, uint32_t start, uint32_t size) {
  return proxy_get_buffer_bytes(w.host, buffer, start, size, kOut, kOut + 4);
}
static uint32_t set(Rig& w, uint32_t buffer, uint32_t start, uint32_t size,
                    std::string_view bytes) {
  return proxy_set_buffer_bytes(w.host, buffer, start, size, w.guest.put(bytes),
                                static_cast<uint32_t>(bytes.size()));
}

static void reads() {
  Rig w;
  std::string body = "0123456789";
  w.stream.bodies[1] = &body;
  CHECK(get(w, 1, 2, 3) == kOk && w.guest.returned() == "234");
  CHECK(get(w, 1, 8, 100) == kOk && w.guest.returned() == "89");
  CHECK(get(w, 1, 10, 1) == kOk && w.guest.word(kOut + 4) == 0);
  CHECK(get(w, 1, 0xffffffff, 0xffffffff) == kOk && w.guest.word(kOut + 4) == 0);
  CHECK(proxy_get_buffer_status(w.host, 1, kOut, kOut + 4) == kOk && w.guest.word(kOut) == 10);
  CHECK(get(w, 9, 0, 1) == kBadArgument &&
        proxy_get_buffer_status(w.host, 9, kOut, kOut) == kBadArgument);
  CHECK(proxy_get_buffer_status(w.host, 1, NativeGuest::kFar, kOut) == kInvalidMemoryAccess);
}

static void out_of_phase() {
  Rig w;
  for (const uint32_t buffer : {0U, 1U, 2U, 3U, 5U}) {
    CHECK(get(w, buffer, 0, 9) == kOk && w.guest.word(kOut + 4) == 0);
    CHECK(set(w, buffer, 0, 0, "x") == kBadArgument);
  }
  CHECK(get(w, 4, 0, 9) == kNotFound && set(w, 4, 0, 0, "x") == kNotFound);
  CHECK(get(w, 7, 0, 9) == kNotFound && set(w, 7, 0, 0, "x") == kNotFound);
  w.script.plugin.vm_configuration = "vm";
  w.script.plugin.configuration = "plugin";
  CHECK(get(w, 6, 0, 9) == kOk && w.guest.returned() == "vm" &&
        set(w, 6, 0, 0, "x") == kBadArgument);
  w.plugin.configuring = true;
  CHECK(get(w, 7, 0, 9) == kOk && w.guest.returned() == "plugin");
  CHECK(proxy_get_configuration(w.host, kOut, kOut + 4) == kOk && w.guest.returned() == "plugin");
  w.plugin.configuring = false;
  CHECK(proxy_get_configuration(w.host, kOut, kOut + 4) == kOk && w.guest.returned() == "vm");
}

static void writes() {
  Rig w;
  std::string body = "body";
  w.stream.bodies[0] = &body;
  CHECK(set(w, 0, 0, 0, "pre-") == kOk && body == "pre-body");
  CHECK(set(w, 0, 8, 0, "-post") == kOk && body == "pre-body-post");
  CHECK(set(w, 0, 0xffffffff, 7, "!") == kOk && body == "pre-body-post!");
  CHECK(set(w, 0, 0, 4, "") == kOk && body == "body-post!");
  CHECK(set(w, 0, 1, 2, "x") == kBadArgument && body == "body-post!");
  CHECK(set(w, 0, 0, 0xffffffff, "new") == kOk && body == "new");
  CHECK(proxy_set_buffer_bytes(w.host, 0, 0, 0, NativeGuest::kFar, 99) == kInvalidMemoryAccess);
  w.script.limits.body_bytes = 5;
  CHECK(throws<OutputLimit>([&] { set(w, 0, 3, 0, "too long"); }));
}

int main() {
  reads();
  out_of_phase();
  writes();
}
