#include "native/hostcalls/control.h"

#include "check.h"
#include "native_guest.h"

using namespace tamis;
using namespace tamis::hostcalls;

static uint32_t reply(Rig& w, uint32_t status, std::string_view details, std::string_view body,
                      uint32_t grpc) {
  return proxy_send_local_response(w.host, status, w.guest.put(details),
                                   static_cast<uint32_t>(details.size()), w.guest.put(body),
                                   static_cast<uint32_t>(body.size()), 0, 0, grpc);
}

static void first_reply_wins() {
  Rig w;
  CHECK(reply(w, 403, "a b\tc", "no", 0xffffffff) == kOk && w.host.stop_next);
  const LocalReply& asked = w.stream.reply;
  CHECK(asked.pending && asked.details == "a_b_c" && asked.body == "no" && asked.grpc_status == -1);
  CHECK(reply(w, 404, "", "", 5) == kOk && asked.status == 403);
  w.stream.reply.clear();
  CHECK(reply(w, 500, "", "", 16) == kOk && asked.grpc_status == 16);
}

static void reply_elsewhere_and_bad_pointers() {
  Rig w(Rig::kPlugin);
  CHECK(reply(w, 403, "", "", 0) == kOk && !w.stream.reply.pending);
  constexpr uint32_t kFar = NativeGuest::kFar;
  CHECK(proxy_send_local_response(w.host, 1, kFar, 99, 0, 0, 0, 0, 0) == kInvalidMemoryAccess);
  CHECK(proxy_send_local_response(w.host, 1, 0, 0, kFar, 99, 0, 0, 0) == kInvalidMemoryAccess);
  CHECK(proxy_send_local_response(w.host, 1, 0, 0, 0, 0, kFar, 99, 0) == kInvalidMemoryAccess);
}

// Writes down what is asked of a stream.
struct Noted final : StreamFlow {
  void perform(Asked what) override { all.push_back(what); }
  std::vector<Asked> all;
};

static void resume_and_close() {
  Rig w;
  Noted flow;
  w.stream.flow = &flow;
  const auto asked = [&] {
    w.host.attend();
    return std::exchange(flow.all, {});
  };
  w.show(0);
  CHECK(throws<EnvoyCrash>([&] { proxy_continue_stream(w.host, 1); }, "no headers yet"));
  w.show(2);
  w.stream.response().started = true;
  CHECK(proxy_continue_stream(w.host, 1) == kOk && flow.all.empty());  // not before it returns
  CHECK(asked() == std::vector{Asked::kResumeResponse});
  CHECK(w.stream.maps[0] == nullptr && w.stream.maps[2] != nullptr);
  CHECK(proxy_continue_stream(w.host, 2) == kOk &&
        proxy_continue_stream(w.host, 3) == kUnimplemented);
  CHECK(proxy_continue_stream(w.host, 4) == kBadArgument &&
        proxy_close_stream(w.host, 4) == kBadArgument);
  CHECK(proxy_close_stream(w.host, 2) == kOk && asked().empty());
  CHECK(proxy_continue_request(w.host) == kOk && proxy_close_stream(w.host, 0) == kOk);
  CHECK(asked() == std::vector{Asked::kResumeRequest, Asked::kClose});
}

static void a_connection_is_resumed_and_closed_by_other_numbers() {
  Rig w;
  Noted flow;
  w.stream.flow = &flow;
  w.stream.network = true;
  for (const uint32_t type : {0U, 1U}) {
    CHECK(proxy_continue_stream(w.host, type) == kOk && proxy_close_stream(w.host, type) == kOk);
  }
  w.host.attend();
  CHECK(flow.all.empty());
  CHECK(proxy_continue_stream(w.host, 2) == kOk && proxy_close_stream(w.host, 3) == kOk);
  w.host.attend();
  CHECK(flow.all == std::vector{Asked::kResumeRequest, Asked::kClose});
}

static void asking_is_bounded() {
  Rig w;
  CHECK(throws<OutputLimit>(
      [&] {
        while (true) proxy_continue_stream(w.host, 0);
      },
      "asked at once"));
}

static void contexts() {
  Rig w(Rig::kPlugin);
  CHECK(proxy_set_effective_context(w.host, 2) == kOk && w.host.effective == 2);
  CHECK(proxy_set_effective_context(w.host, 3) == kBadArgument);
  CHECK(proxy_set_effective_context(w.host, 0) == kOk && w.host.effective == Rig::kPlugin);
  CHECK(proxy_done(w.host) == kNotFound && proxy_clear_route_cache(w.host) == kOk);
}

int main() {
  first_reply_wins();
  reply_elsewhere_and_bad_pointers();
  resume_and_close();
  a_connection_is_resumed_and_closed_by_other_numbers();
  asking_is_bounded();
  contexts();
}
