#include "native/network_flow.h"

#include "check.h"
#include "native/hostcalls/buffers.h"
#include "native/hostcalls/control.h"
#include "native_guest.h"

using namespace tamis;

namespace {

using What = ConnectionEvent::What;

// Lives for one test: a guest that notes its callbacks, and connections through it.
struct Run {
  Run() {
    host.abi = 2;
    for (const auto& [callback, name] : kNames) on(callback, [](auto) { return 0U; });
  }
  void on(Callback callback, NativeGuest::Body body) {
    guest.callbacks[callback] = [this, callback, body](std::vector<uint32_t> arguments) {
      told += kNames.at(callback);
      for (size_t i = 1; i < arguments.size(); ++i) told += " " + std::to_string(arguments[i]);
      told += ";";
      return body(arguments);
    };
  }
  void run(std::vector<ConnectionEvent> events) {
    told.clear();
    input.events = std::move(events);
    connection.run(input, plugin);
  }
  const Side& request() const { return connection.stream().request(); }
  const Side& response() const { return connection.stream().response(); }
  static inline const std::map<Callback, std::string> kNames{
      {Callback::proxy_on_context_create, "create"},
      {Callback::proxy_on_new_connection, "new"},
      {Callback::proxy_on_downstream_data, "down"},
      {Callback::proxy_on_upstream_data, "up"},
      {Callback::proxy_on_downstream_connection_close, "closed"},
      {Callback::proxy_on_upstream_connection_close, "gone"},
      {Callback::proxy_on_done, "done"},
      {Callback::proxy_on_log, "log"},
      {Callback::proxy_on_delete, "delete"},
  };
  std::string told;
  Script script;
  NativeGuest guest;
  World world{script};
  NativeHost host{guest, world};
  PluginContext& plugin = host.add_plugin(script.plugin, 0);
  NetworkFlow<NativeHost> connection{host};
  ConnectionInput input;
};

const ConnectionEvent kA{false, What::kData, "a"}, kB{false, What::kData, "b"},
    kX{true, What::kData, "x"}, kEnd{false, What::kEnd, ""}, kGone{true, What::kEnd, ""},
    kClose{false, What::kClose, ""};
const std::string kStart = "create 1;new;", kFarewell = "done;log;delete;";

}  // namespace

static void everything_flows() {
  Run r;
  r.run({kA, kX, kB});
  CHECK(r.told == kStart + "down 1 0;up 1 0;down 1 0;down 0 1;up 0 1;gone 0;closed 1;" + kFarewell);
  CHECK(r.request().sent == "ab" && r.response().sent == "x");
  CHECK(r.connection.closed() == Closed::kNobody && r.connection.done());
  CHECK(r.host.streams.empty());
}

static void one_is_reused_for_the_next() {
  Run r;
  r.on(Callback::proxy_on_downstream_data, [](auto a) { return a[2] == 0 ? 1U : 0U; });
  r.run({kA, kClose});
  CHECK(r.request().sent == "a" && r.connection.closed() == Closed::kDownstream);
  CHECK(r.connection.stream().pauses.size() == 1);
  const uint32_t first = r.connection.stream().id;
  r.run({kB});
  CHECK(r.request().sent == "b" && r.connection.closed() == Closed::kNobody);
  CHECK(r.connection.stream().id == first + 1 && r.connection.stream().pauses.size() == 1);
}

static void what_is_held_adds_up_and_can_be_changed() {
  Run r;
  std::string seen;
  r.on(Callback::proxy_on_downstream_data, [&](auto a) {
    hostcalls::proxy_get_buffer_bytes(r.host, kDownstreamData, 0, 100, NativeGuest::kOut,
                                      NativeGuest::kOut + 4);
    seen += r.guest.returned() + ";";
    if (a[1] < 2) return 1U;
    hostcalls::proxy_set_buffer_bytes(r.host, kDownstreamData, 0, 1, r.guest.put("AA"), 2);
    return 0U;
  });
  r.run({kA, kB});
  CHECK(seen == "a;ab;;");
  CHECK(r.request().sent == "AAb");
}

static void the_last_end_tells_who_closed() {
  Run r;
  r.run({kEnd, kGone});
  CHECK(r.told.find("closed 1;") != std::string::npos);
  r.run({kGone, kEnd});
  CHECK(r.told.find("closed 2;") != std::string::npos);
}

static void a_held_connection_is_not_read_until_it_is_let_on() {
  Run r;
  r.on(Callback::proxy_on_new_connection, [](auto) { return 1U; });
  r.run({kA, kX});
  CHECK(r.told == kStart && r.request().received == 0);
  CHECK(r.connection.done() && r.host.streams.empty());
  struct Later : Occasion {
    explicit Later(Run& run) : run(run) {}
    void happen(uint32_t, uint64_t) override {
      run.host.touch(run.connection.stream().id);
      hostcalls::proxy_continue_stream(run.host, 2);
      run.host.attend();
    }
    void exhaust(const OutputLimit&) override {}
    Run& run;
  } later(r);
  r.world.plan(0, later, 0, 0);
  r.run({kA, kB});
  CHECK(r.told == kStart + "down 1 0;down 1 0;down 0 1;up 0 1;gone 0;closed 1;" + kFarewell);
}

static void a_broken_guest_takes_the_connection_down() {
  Run r;
  r.on(Callback::proxy_on_downstream_data, [&](auto) {
    r.guest.broken = true;
    return 0U;
  });
  r.run({kA, kB});
  CHECK(r.told == kStart + "down 1 0;");
  CHECK(r.request().sent.empty() && r.connection.closed() == Closed::kFilter);
  r.run({kA});
  CHECK(r.told.empty() && r.request().sent.empty() && r.connection.closed() == Closed::kFilter);
}

static void a_guest_that_fails_open_is_bypassed_from_then_on() {
  Run r;
  r.script.plugin.policy = FailurePolicy::kOpen;
  r.on(Callback::proxy_on_new_connection, [&](auto) {
    r.guest.broken = true;
    return 0U;
  });
  r.run({kA});
  CHECK(r.request().sent.empty() && r.connection.closed() == Closed::kFilter);
  r.run({kA, kX, kEnd, kGone});
  CHECK(r.told.empty() && r.request().sent == "a" && r.response().sent == "x");
  CHECK(r.connection.closed() == Closed::kNobody);
}

static void data_are_bounded() {
  Run r;
  r.script.limits.body_bytes = 1;
  r.on(Callback::proxy_on_downstream_data, [](auto) { return 1U; });
  r.run({kA, kB});
  CHECK(r.guest.broken && r.connection.closed() == Closed::kFilter);
}

int main() {
  everything_flows();
  one_is_reused_for_the_next();
  what_is_held_adds_up_and_can_be_changed();
  the_last_end_tells_who_closed();
  a_held_connection_is_not_read_until_it_is_let_on();
  a_broken_guest_takes_the_connection_down();
  a_guest_that_fails_open_is_bypassed_from_then_on();
  data_are_bounded();
}
