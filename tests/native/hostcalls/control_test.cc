#include "native/hostcalls/control.h"

#include "check.h"
#include "native_guest.h"

using namespace tamis;
using namespace tamis::hostcalls;

static uint32_t reply(World& w, uint32_t status, std::string_view details, std::string_view body,
                      uint32_t grpc) {
  return proxy_send_local_response(w.host, status, w.guest.put(details),
                                   static_cast<uint32_t>(details.size()), w.guest.put(body),
                                   static_cast<uint32_t>(body.size()), 0, 0, grpc);
}

static void first_reply_wins() {
  World w;
  CHECK(reply(w, 403, "a b\tc", "no", 0xffffffff) == kOk && w.host.stop_next);
  const LocalReply& asked = w.host.stream.reply;
  CHECK(asked.pending && asked.details == "a_b_c" && asked.body == "no" && asked.grpc_status == -1);
  CHECK(reply(w, 404, "", "", 5) == kOk && asked.status == 403);
  w.host.stream.reply.clear();
  CHECK(reply(w, 500, "", "", 16) == kOk && asked.grpc_status == 16);
}

static void reply_elsewhere_and_bad_pointers() {
  World w(kPluginContext);
  CHECK(reply(w, 403, "", "", 0) == kOk && !w.host.stream.reply.pending);
  constexpr uint32_t kFar = NativeGuest::kFar;
  CHECK(proxy_send_local_response(w.host, 1, kFar, 99, 0, 0, 0, 0, 0) == kInvalidMemoryAccess);
  CHECK(proxy_send_local_response(w.host, 1, 0, 0, kFar, 99, 0, 0, 0) == kInvalidMemoryAccess);
  CHECK(proxy_send_local_response(w.host, 1, 0, 0, 0, 0, kFar, 99, 0) == kInvalidMemoryAccess);
}

static void resume_and_close() {
  World w;
  w.show(0);
  w.show(2);
  CHECK(proxy_continue_stream(w.host, 1) == kOk && w.host.stream.resume[1] &&
        !w.host.stream.resume[0]);
  CHECK(w.host.stream.maps[0] == nullptr && w.host.stream.maps[2] != nullptr);
  CHECK(proxy_continue_stream(w.host, 2) == kOk &&
        proxy_continue_stream(w.host, 3) == kUnimplemented);
  CHECK(proxy_continue_stream(w.host, 4) == kBadArgument &&
        proxy_close_stream(w.host, 4) == kBadArgument);
  CHECK(proxy_close_stream(w.host, 2) == kOk && !w.host.stream.close);
  CHECK(proxy_close_stream(w.host, 0) == kOk && w.host.stream.close);
  CHECK(proxy_continue_request(w.host) == kOk && w.host.stream.resume[0]);
}

static void contexts() {
  World w(kPluginContext);
  CHECK(proxy_set_effective_context(w.host, 2) == kOk && w.host.effective == 2);
  CHECK(proxy_set_effective_context(w.host, 3) == kBadArgument);
  CHECK(proxy_set_effective_context(w.host, 0) == kOk && w.host.effective == kPluginContext);
  CHECK(proxy_done(w.host) == kNotFound && proxy_clear_route_cache(w.host) == kOk);
}

int main() {
  first_reply_wins();
  reply_elsewhere_and_bad_pointers();
  resume_and_close();
  contexts();
}
