#include "native/hostcalls/foreign.h"

#include "check.h"
#include "native/hostcalls/property.h"
#include "native_guest.h"

using namespace tamis;
using namespace tamis::hostcalls;
using namespace std::string_literals;

static constexpr uint32_t kOut = NativeGuest::kOut, kFar = NativeGuest::kFar;

// A registry of three functions: what it is told, nothing, a refusal.
struct Echo final : Foreign {
  bool knows(std::string_view name) override {
    return name == "echo" || name == "silent" || name == "refuse" || name == "read";
  }
  Status call(std::string_view name, std::string_view arguments, ForeignCaller& caller,
              std::optional<std::string>& result) override {
    if (name == "refuse") {
      result = "dropped";
      return kInternalFailure;
    }
    if (name == "read") {
      result.emplace();
      return caller.property(arguments, *result);
    }
    if (name == "echo") result = arguments;
    if (caller.state() == nullptr) caller.state() = std::make_shared<int>(0);
    ++*static_cast<int*>(caller.state().get());
    return kOk;
  }
};

static std::string text(unsigned field, const std::string& value) {
  return std::string{static_cast<char>(field << 3 | 2), static_cast<char>(value.size())} + value;
}
static std::string flag(unsigned field, char value) {
  return {static_cast<char>(field << 3), value};
}
static uint32_t call(Rig& rig, const std::string& name, const std::string& arguments,
                     uint32_t result = kOut, uint32_t size = kOut + 4) {
  return proxy_call_foreign_function(rig.host, rig.guest.put(name),
                                     static_cast<uint32_t>(name.size()), rig.guest.put(arguments),
                                     static_cast<uint32_t>(arguments.size()), result, size);
}
static uint32_t set(Rig& rig, const std::string& name, const std::string& value) {
  return proxy_set_property(rig.host, rig.guest.put(name), static_cast<uint32_t>(name.size()),
                            rig.guest.put(value), static_cast<uint32_t>(value.size()));
}

static void results() {
  Rig rig;
  CHECK(call(rig, "echo", "x") == kNotFound);  // there is no registry
  rig.world.foreign = std::make_unique<Echo>();
  const auto preset = [&] { std::memset(rig.guest.memory.data() + kOut, 0x55, 8); };
  preset();
  CHECK(call(rig, "nosuch", "") == kNotFound && rig.guest.word(kOut) == 0x55555555);
  CHECK(call(rig, "echo", "abc") == kOk && rig.guest.returned() == "abc");
  // An empty result is allocated, a missing one is not; a failure gives 0 twice.
  CHECK(call(rig, "echo", "") == kOk && rig.guest.word(kOut) != 0 && rig.guest.word(kOut + 4) == 0);
  preset();
  CHECK(call(rig, "silent", "") == kOk && rig.guest.wide(kOut) == 0);
  preset();
  CHECK(call(rig, "refuse", "") == kInternalFailure && rig.guest.wide(kOut) == 0);
  // The guest may want the size alone, or nothing.
  preset();
  CHECK(call(rig, "echo", "abc", 0) == kOk && rig.guest.word(kOut + 4) == 3);
  CHECK(rig.guest.word(kOut) == 0x55555555 && call(rig, "echo", "abc", 0, 0) == kOk);
  CHECK(*static_cast<int*>(rig.plugin.foreign.get()) == 5);
}

static void bad_addresses() {
  Rig rig;
  rig.world.foreign = std::make_unique<Echo>();
  CHECK(proxy_call_foreign_function(rig.host, kFar, 99, 0, 0, kOut, kOut) == kInvalidMemoryAccess);
  CHECK(proxy_call_foreign_function(rig.host, 0, 1, kFar, 99, kOut, kOut) == kInvalidMemoryAccess);
  CHECK(call(rig, "echo", "x", kFar) == kInvalidMemoryAccess);
  CHECK(call(rig, "echo", "x", kOut, kFar) == kInvalidMemoryAccess);
  const uint32_t name = rig.guest.put("echo");
  rig.guest.refuse_allocations = true;
  CHECK(proxy_call_foreign_function(rig.host, name, 4, name, 4, kOut, kOut + 4) ==
        kInvalidMemoryAccess);
}

static void the_caller_itself() {
  Rig rig;
  rig.world.foreign = std::make_unique<Echo>();
  rig.show(0).add(":path", "/");
  CHECK(call(rig, "read", "request\0path"s) == kOk && rig.guest.returned() == "/");
  // A plugin that touches its stream still reads as itself.
  rig.enter(Rig::kPlugin);
  rig.host.touch(Rig::kStream);
  CHECK(call(rig, "read", "request\0path"s) == kNotFound);
  CHECK(rig.host.in_stream());
}

static void envoy_filter_state() {
  Rig rig;
  const auto make = [&](const std::string& path, const std::string& value) {
    return call(rig, "set_envoy_filter_state", text(1, path) + text(2, value) + flag(3, 1));
  };
  CHECK(make("envoy.string", "v") == kOk && make("envoy.string", "w") == kOk);
  CHECK(make("envoy.network.application_protocols", "h2") == kOk);
  CHECK(rig.stream.filter_state.size() == 1 && rig.stream.filter_state[0].second == "w");
  CHECK(make("nosuch", "v") == kNotFound && make("envoy.network.ip", "x") == kBadArgument);
  CHECK(make("envoy.string", "\xff") == kBadArgument);
  CHECK(call(rig, "set_envoy_filter_state", "\xff") == kBadArgument);
  CHECK(call(rig, "clear_route_cache", "") == kOk);
  rig.enter(Rig::kPlugin);
  CHECK(make("envoy.string", "v") == kNotFound && make("envoy.network.ip", "x") == kBadArgument);
  rig.host.touch(Rig::kStream);
  CHECK(make("envoy.string", "x") == kOk && rig.stream.filter_state[0].second == "x");
}

static void declarations() {
  Rig rig;
  const auto declare = [&](const std::string& arguments) {
    return call(rig, "declare_property", arguments);
  };
  rig.enter(Rig::kPlugin);
  CHECK(declare(text(1, "once") + flag(2, 1) + flag(3, 1)) == kOk);
  CHECK(declare(text(1, "once")) == kBadArgument && declare("\x0a\x05x") == kBadArgument);
  CHECK(declare("") == kOk && declare(flag(1, 3)) == kBadArgument);  // the empty name, twice
  CHECK(declare(text(1, "\xff")) == kBadArgument);
  CHECK(declare(text(1, "a") + text(1, "b") + flag(3, 9) + text(15, "?")) == kOk);
  CHECK(rig.plugin.declared.of("once").type == DeclaredProperties::Type::kString);
  CHECK(rig.plugin.declared.of("b").type == DeclaredProperties::Type::kBytes);
  rig.enter(Rig::kStream);
  CHECK(set(rig, "once", "1") == kOk && set(rig, "once", "2") == kBadArgument);
  CHECK(set(rig, "other", "1") == kOk && set(rig, "other", "2") == kOk);
  // What a stream declares is never looked at.
  CHECK(declare(text(1, "late") + flag(2, 1)) == kOk && declare(text(1, "late")) == kBadArgument);
  CHECK(set(rig, "late", "1") == kOk && set(rig, "late", "2") == kOk);
}

int main() {
  results();
  bad_addresses();
  the_caller_itself();
  envoy_filter_state();
  declarations();
}
