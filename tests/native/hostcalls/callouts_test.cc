#include "native/hostcalls/callouts.h"

#include "check.h"
#include "native_guest.h"

using namespace tamis;
using namespace tamis::hostcalls;

static constexpr uint32_t kOut = NativeGuest::kOut, kFar = NativeGuest::kFar;

struct Ignored final : Occasion {
  void happen(uint32_t, uint64_t) override {}
};

// Lives for one test: a plugin beside an upstream "c"; "gone" is said not to be there.
struct Calls {
  Calls() {
    rig.script.callouts.resize(2);
    rig.script.callouts[0].cluster = "c";
    rig.script.callouts[1].cluster = "gone";
    rig.script.callouts[1].reply.no_cluster = true;
    rig.world.left = {1, UINT64_MAX};
    rig.plugin.flow = &ignored;
  }
  ~Calls() { rig.world.forget(ignored); }
  uint32_t http(std::string_view cluster, const HeaderMap& headers, uint32_t timeout = 0) {
    std::string pairs(headers.serialized_size(), '\0');
    headers.serialize(pairs.data());
    return proxy_http_call(rig.host, rig.guest.put(cluster), static_cast<uint32_t>(cluster.size()),
                           rig.guest.put(pairs), static_cast<uint32_t>(pairs.size()),
                           rig.guest.put("hi"), 2, 0, 0, timeout, kOut);
  }
  uint32_t stream(uint32_t out = kOut) {
    const uint32_t c = rig.guest.put("c");
    return proxy_grpc_stream(rig.host, c, 1, c, 1, c, 1, 0, 0, out);
  }
  Rig rig{Rig::kPlugin};
  Ignored ignored;
};

static HeaderMap whole() {
  HeaderMap headers;
  for (const char* name : {":path", ":method", ":authority", ":scheme"}) headers.append(name, "x");
  return headers;
}

static void http() {
  Calls s;
  CHECK(s.http("c", whole()) == kOk && s.rig.guest.word(kOut) == 4);
  CHECK(s.http("c", whole(), 20) == kOk && s.rig.guest.word(kOut) == 8);
  const auto& all = s.rig.world.callouts;
  CHECK(all.size() == 2 && all[0].answered && !all[1].answered && all[0].body == "hi");
  CHECK(all[0].headers.value(all[0].headers.find("content-length")) == "2");
  CHECK(all[1].headers.find("x-envoy-expected-rq-timeout-ms") != HeaderMap::npos);
  CHECK(s.rig.plugin.calls.size() == 2 && s.rig.world.waiting());
}

static void http_refused() {
  Calls s;
  CHECK(s.http("c", whole(), 0x80000000) == kBadArgument);
  CHECK(s.http("c", {}) == kBadArgument && s.http("gone", whole()) == kBadArgument);
  CHECK(s.rig.world.callouts.empty());
  CHECK(s.http("nobody", whole()) == kBadArgument);  // a hole in the fixture
  CHECK(s.rig.world.callouts.size() == 1 && !s.rig.world.callouts[0].made);
  for (int i = 0; i < 4; ++i) {
    uint32_t at[4] = {0, 0, 0, 0};
    at[i] = kFar;
    CHECK(proxy_http_call(s.rig.host, at[0], 99, at[1], 99, at[2], 99, at[3], 99, 0, kOut) ==
          kInvalidMemoryAccess);
  }
  CHECK(proxy_http_call(s.rig.host, 0, 0, 0, 0, 0, 0, 0, 0, 0, kFar) == kInvalidMemoryAccess);
}

static void rules_match() {
  CalloutRule rule;
  rule.cluster = "c";
  rule.headers = {{":path", "x"}};
  rule.body = [](std::string_view body) { return body == "hi"; };
  CalloutRecord record;
  record.cluster = "c";
  record.body = "hi";
  CHECK(!hostcalls::detail::matches(rule, record));
  record.headers.append(":path", "x");
  CHECK(hostcalls::detail::matches(rule, record));
  record.kind = CalloutRecord::Kind::kGrpcCall;
  record.messages = {"ho"};
  CHECK(!hostcalls::detail::matches(rule, record));
}

static void grpc() {
  Calls s;
  CHECK(s.stream() == kOk && s.rig.guest.word(kOut) == 6);
  const uint32_t m = s.rig.guest.put("m");
  CHECK(proxy_grpc_send(s.rig.host, 4, m, 1, 0) == kBadArgument);
  CHECK(proxy_grpc_send(s.rig.host, 10, m, 1, 0) == kNotFound);
  CHECK(proxy_grpc_send(s.rig.host, 6, kFar, 99, 0) == kInvalidMemoryAccess);
  CHECK(proxy_grpc_send(s.rig.host, 6, m, 1, 1) == kOk);
  CHECK(proxy_grpc_send(s.rig.host, 6, m, 1, 0) == kNotFound);  // its side has ended
  CHECK(proxy_grpc_close(s.rig.host, 6) == kOk && proxy_grpc_close(s.rig.host, 4) == kBadArgument);
  CHECK(s.rig.world.callouts[0].messages == std::vector<std::string>{"m"});
  CHECK(proxy_grpc_cancel(s.rig.host, 6) == kOk && s.rig.plugin.calls.empty());
  const uint32_t c = s.rig.guest.put("c");
  CHECK(proxy_grpc_call(s.rig.host, c, 1, c, 1, c, 1, 0, 0, m, 1, 0, kOut) == kOk);
  CHECK(s.rig.guest.word(kOut) == 5 && s.rig.world.callouts[1].headers.value(1) == "/c/c");
  CHECK(proxy_grpc_call(s.rig.host, m, 1, c, 1, c, 1, 0, 0, m, 1, 0, kOut) == kParseFailure);
  CHECK(hostcalls::detail::grpc_cluster("\n\3\n\1c") == "c" &&
        hostcalls::detail::grpc_cluster("\n\3\n\2c") == "\n\3\n\2c");
}

// A stream outlives what a replay remembers of callouts; a message costs as much as a body.
static void grpc_is_bounded() {
  Calls s;
  CHECK(s.stream() == kOk);
  s.rig.world.forget_callouts();
  CHECK(proxy_grpc_send(s.rig.host, 6, 0, 1, 0) == kOk && s.rig.world.callouts.empty());
  s.rig.script.limits.body_bytes = 10'000;
  CHECK(throws<OutputLimit>([&] {
    for (int i = 0; i < 20; ++i) {
      const uint32_t c = s.rig.guest.put("c");
      proxy_grpc_call(s.rig.host, c, 1, c, 1, c, 1, 0, 0, 0, 1000, 0, kOut);
    }
  }));
}

int main() {
  http();
  http_refused();
  rules_match();
  grpc();
  grpc_is_bounded();
}
