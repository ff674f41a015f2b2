#include "native/plugin_flow.h"

#include "check.h"
#include "native/hostcalls/callouts.h"
#include "native/hostcalls/control.h"
#include "native_guest.h"

using namespace tamis;

// Lives for one test: a plugin that starts, and what its callbacks were told.
struct Started {
  void note(Callback callback, const char* name, uint32_t result = 0) {
    guest.callbacks[callback] = [this, name, result](std::vector<uint32_t> a) {
      told += name;
      for (const uint32_t each : a) told += " " + std::to_string(each);
      told += ";";
      return result;
    };
  }
  Script script;
  NativeGuest guest;
  World world{script};
  NativeHost host{guest, world};
  PluginContext& plugin = host.add_plugin(script.plugin, 0);
  PluginFlow<NativeHost> flow{host, plugin};
  std::string told;
};

static void starts_and_ends() {
  Started s;
  s.script.plugin.configuration = "abc";
  s.note(Callback::proxy_on_context_create, "create");
  s.note(Callback::proxy_on_vm_start, "start", 1);
  s.note(Callback::proxy_on_configure, "configure", 1);
  s.note(Callback::proxy_on_done, "done", 1);
  s.note(Callback::proxy_on_delete, "delete");
  CHECK(s.flow.start().empty());
  s.flow.remove();
  CHECK(s.told == "create 1 0;start 1 0;configure 1 3;done 1;delete 1;");
}

static void says_no() {
  for (const Callback callback : {Callback::proxy_on_vm_start, Callback::proxy_on_configure}) {
    Started s;
    s.note(callback, "no");
    CHECK("proxy_" + s.flow.start() == kCallbacks[static_cast<size_t>(callback)].name);
  }
  Started s;
  CHECK(s.flow.start().empty());  // callbacks that are not there say yes
}

// proxy_on_done returned 0: it is deleted when it has called proxy_done.
static void ends_later() {
  Started s;
  s.note(Callback::proxy_on_done, "done");
  s.note(Callback::proxy_on_delete, "delete");
  s.flow.remove();
  CHECK(s.told == "done 1;");
  s.host.touch(1);
  CHECK(hostcalls::proxy_done(s.host) == kOk);
  s.flow.bury();
  s.flow.bury();
  CHECK(s.told == "done 1;delete 1;");
}

static void ticks() {
  Started s;
  s.note(Callback::proxy_on_tick, "tick");
  s.host.touch(1);
  hostcalls::proxy_set_tick_period_milliseconds(s.host, 7);
  hostcalls::proxy_set_tick_period_milliseconds(s.host, 10);
  s.world.advance(25'000'000);
  CHECK(s.told == "tick 1;tick 1;");
  hostcalls::proxy_set_tick_period_milliseconds(s.host, 0);
  CHECK(s.world.idle());
}

// A guest that never stops is stopped.
static void is_exhausted() {
  Started s;
  s.note(Callback::proxy_on_tick, "");
  s.host.touch(1);
  hostcalls::proxy_set_tick_period_milliseconds(s.host, 1);
  s.world.advance(World::kMaxEvents * 2'000'000);
  CHECK(s.guest.failed() && s.world.idle());
}

static CalloutRule rule() {
  CalloutRule out;
  out.cluster = "c";
  out.reply.message.headers.append(":status", "200");
  out.reply.message.chunks = {"bo", "dy"};
  return out;
}

// The plugin calls over HTTP; returns what it was told, and the status that it saw.
static std::string called(const CalloutRule& rule, uint32_t timeout, std::string& status) {
  Started s;
  s.script.callouts = {rule};
  s.world.left = {UINT64_MAX};
  s.guest.callbacks[Callback::proxy_on_http_call_response] = [&](std::vector<uint32_t> a) {
    for (const uint32_t each : a) s.told += std::to_string(each) + " ";
    if (s.plugin.http.headers != nullptr) status = s.plugin.http.headers->value(0);
    s.told += s.plugin.http.body;
    return 0U;
  };
  HeaderMap headers;
  for (const char* name : {":path", ":method", ":authority"}) headers.append(name, "x");
  std::string pairs(headers.serialized_size(), '\0');
  headers.serialize(pairs.data());
  s.host.touch(1);
  CHECK(hostcalls::proxy_http_call(s.host, s.guest.put("c"), 1, s.guest.put(pairs),
                                   static_cast<uint32_t>(pairs.size()), 0, 0, 0, 0, timeout,
                                   NativeGuest::kOut) == kOk);
  s.world.settle();
  CHECK(s.plugin.calls.empty() && s.plugin.http.headers == nullptr);
  return s.told;
}

static void http_answers() {
  std::string status;
  CHECK(called(rule(), 0, status) == "1 4 2 4 0 body" && status == "200");
  CalloutRule late = rule();
  late.reply.after = 5'000'000;
  CHECK(called(late, 4, status) == "1 4 3 24 0 upstream request timeout" && status == "504");
  CalloutRule reset = rule();
  reset.reply.reset = true;
  CHECK(called(reset, 0, status) == "1 4 0 0 0 ");
  reset.reply.message.headers.clear();
  called(reset, 0, status);
  CHECK(status == "503");
}

// What Envoy adds to metadata is not this test's: only whether they came, and when.
static void grpc_streams() {
  Started s;
  CalloutRule answer;
  answer.cluster = "c";
  answer.reply.messages = {"one", "three"};
  s.script.callouts = {answer};
  s.world.left = {UINT64_MAX};
  const auto name = [&](Callback callback, const char* text) {
    s.guest.callbacks[callback] = [&s, text](std::vector<uint32_t> a) {
      s.told += std::string(text) + " " + std::to_string(a[1]) + ";";
      return 0U;
    };
  };
  name(Callback::proxy_on_grpc_receive_initial_metadata, "first");
  s.note(Callback::proxy_on_grpc_receive, "message");
  name(Callback::proxy_on_grpc_receive_trailing_metadata, "last");
  s.note(Callback::proxy_on_grpc_close, "close");
  s.host.touch(1);
  const uint32_t c = s.guest.put("c");
  CHECK(hostcalls::proxy_grpc_stream(s.host, c, 1, c, 1, c, 1, 0, 0, NativeGuest::kOut) == kOk);
  CHECK(s.guest.word(NativeGuest::kOut) == 6);
  CHECK(hostcalls::proxy_grpc_send(s.host, 6, c, 1, 0) == kOk);
  s.world.settle();
  CHECK(s.told == "first 6;message 1 6 3;message 1 6 5;");
  s.told.clear();
  s.host.touch(1);
  CHECK(hostcalls::proxy_grpc_close(s.host, 6) == kOk);
  s.world.settle();
  CHECK(s.told == "last 6;close 1 6 0;" && s.plugin.calls.empty());
}

int main() {
  starts_and_ends();
  says_no();
  ends_later();
  ticks();
  is_exhausted();
  http_answers();
  grpc_streams();
}
