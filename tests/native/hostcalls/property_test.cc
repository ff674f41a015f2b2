#include "native/hostcalls/property.h"

#include "check.h"
#include "native_guest.h"

using namespace tamis;
using namespace tamis::hostcalls;
using namespace std::string_literals;

static constexpr uint32_t kOut = NativeGuest::kOut;

static uint32_t get(Rig& w, const std::string& path) {
  return proxy_get_property(w.host, w.guest.put(path), static_cast<uint32_t>(path.size()), kOut,
                            kOut + 4);
}
static uint32_t set(Rig& w, const std::string& path, const std::string& value) {
  return proxy_set_property(w.host, w.guest.put(path), static_cast<uint32_t>(path.size()),
                            w.guest.put(value), static_cast<uint32_t>(value.size()));
}

int main() {
  Rig w;
  w.script.plugin.name = "p";
  CHECK(get(w, "plugin_name") == kOk && w.guest.returned() == "p");
  CHECK(get(w, "plugin_name\0"s) == kOk && get(w, "") == kSerializationFailure &&
        get(w, "\0"s) == kNotFound);
  CHECK(get(w, "nosuch") == kNotFound);
  CHECK(set(w, "k", "1") == kOk && set(w, "k", "2") == kOk && get(w, "k") == kOk &&
        w.guest.returned() == "2");
  CHECK(w.stream.filter_state.size() == 1);
  // A built-in name shadows what was set under it.
  w.show(0).add(":path", "/");
  CHECK(set(w, "request\0path"s, "/evil") == kOk && get(w, "request\0path"s) == kOk &&
        w.guest.returned() == "/");
  CHECK(proxy_get_property(w.host, NativeGuest::kFar, 99, kOut, kOut) == kInvalidMemoryAccess);
  CHECK(proxy_set_property(w.host, 0, 1, NativeGuest::kFar, 99) == kInvalidMemoryAccess);
  Rig plugin(Rig::kPlugin);
  CHECK(set(plugin, "k", "1") == kNotFound);
}
