#include "native/http.h"

#include "check.h"
#include "native/hostcalls/buffers.h"
#include "native/hostcalls/control.h"
#include "native/hostcalls/headers.h"
#include "native_guest.h"

using namespace tamis;

// Lives for one test: a guest, an exchange with bodies and trailers both ways, and its run.
struct Run : World {
  Run() : World(kVmContext) {
    host.abi = 2;
    input.request.headers.append(":method", "POST");
    input.answer.headers.append(":status", "200");
    input.request.chunks = {"one", "two"};
    input.answer.chunks = {"three", "four"};
    input.request.has_trailers = true;
    input.request.trailers.append("t", "1");
  }
  void on(Callback callback, NativeGuest::Body body) { guest.callbacks[callback] = std::move(body); }
  void run() { HttpExchange(host, input).run(2); }
  Side& request() { return host.stream.request(); }
  Side& response() { return host.stream.response(); }
  ExchangeInput input;
};

static void passes_everything() {
  Run r;
  r.run();
  CHECK(r.request().complete && r.request().sent == "onetwo" && r.request().trailers.size() == 1);
  CHECK(r.response().complete && r.response().sent == "threefour" && r.host.stream.pauses.empty());
}

static void calls_in_order_with_end_of_stream() {
  Run r;
  std::string told;
  const auto note = [&](const char* name) {
    return [&told, name](std::vector<uint32_t> a) {
      told += name;
      for (size_t i = 1; i < a.size(); ++i) told += " " + std::to_string(a[i]);
      told += ";";
      return 0U;
    };
  };
  r.on(Callback::proxy_on_context_create, note("create"));
  r.on(Callback::proxy_on_request_headers, note("qh"));
  r.on(Callback::proxy_on_request_body, note("qb"));
  r.on(Callback::proxy_on_request_trailers, note("qt"));
  r.on(Callback::proxy_on_response_headers, note("ph"));
  r.on(Callback::proxy_on_response_body, note("pb"));
  r.on(Callback::proxy_on_log, note("log"));
  r.on(Callback::proxy_on_done, note("done"));
  r.on(Callback::proxy_on_delete, note("delete"));
  r.run();
  CHECK(told == "create 1;qh 1 0;qb 3 0;qb 3 0;qt 1;ph 1 0;pb 5 0;pb 4 1;log;done;delete;");
}

static void body_one_buffers_and_accumulates() {
  Run r;
  std::vector<uint32_t> sizes;
  r.on(Callback::proxy_on_response_body, [&](auto a) {
    sizes.push_back(a[1]);
    return a[2] == 1 ? 0U : 1U;
  });
  r.run();
  CHECK(sizes == std::vector<uint32_t>({5, 9}) && r.response().sent == "threefour" && r.response().complete);
  CHECK(r.host.stream.pauses.size() == 1);
}

static void body_two_holds_back_unseen_and_three_drops() {
  for (const uint32_t status : {2U, 3U}) {
    Run r;
    std::vector<uint32_t> sizes;
    r.on(Callback::proxy_on_response_body, [&](auto a) {
      sizes.push_back(a[1]);
      return a[2] == 1 ? 0U : status;
    });
    r.run();
    CHECK(sizes == std::vector<uint32_t>({5, 4}));
    CHECK(r.response().sent == (status == 2 ? "threefour" : "four"));
  }
}

static void paused_stream_never_finishes_and_ends() {
  Run r;
  bool deleted = false;
  r.on(Callback::proxy_on_request_headers, [](auto) { return 1U; });
  r.on(Callback::proxy_on_request_body, [](auto) { return std::abort(), 0U; });
  r.on(Callback::proxy_on_delete, [&](auto) { return deleted = true, 0U; });
  r.run();
  CHECK(!r.request().headers_sent && !r.response().started && deleted);
}

static void headers_one_goes_on_where_allowed() {
  Run r;
  r.script.allow_on_headers_stop_iteration = true;
  r.on(Callback::proxy_on_request_headers, [](auto) { return 1U; });
  r.run();
  CHECK(r.request().complete && r.request().sent == "onetwo" && r.response().complete);
}

static void continue_shows_what_was_held_back() {
  Run r;
  std::vector<uint32_t> sizes;
  r.input.request.has_trailers = false;
  r.input.answer.chunks.clear();
  r.on(Callback::proxy_on_request_headers, [](auto) { return 4U; });
  r.on(Callback::proxy_on_request_body, [&](auto a) { return sizes.push_back(a[1]), 0U; });
  r.on(Callback::proxy_on_log, [&](auto) { return 0U; });
  r.run();
  CHECK(sizes.empty() && r.request().buffered == "onetwo");
}

static void trailers_added_at_the_end_leave() {
  Run r;
  r.on(Callback::proxy_on_response_body, [&](auto a) {
    const uint32_t key = r.guest.put("k");
    const uint32_t status = hostcalls::proxy_add_header_map_value(r.host, kHttpResponseTrailers, key, 1, key, 1);
    CHECK(status == (a[2] == 1 ? kOk : kBadArgument));
    return 0U;
  });
  r.run();
  CHECK(r.response().trailers.size() == 1 && r.response().has_trailers && r.response().complete);
}

static void reply(Run& r, uint32_t status, const char* body) {
  const auto size = static_cast<uint32_t>(std::strlen(body));
  hostcalls::proxy_send_local_response(r.host, status, 0, 0, r.guest.put(body), size, 0, 0, 0xffffffff);
}

static void local_reply_meets_own_response_callbacks() {
  Run r;
  r.on(Callback::proxy_on_request_headers, [&](auto) { return reply(r, 403, "no"), 0U; });
  r.on(Callback::proxy_on_response_headers, [&](auto a) {
    CHECK(a[1] == 3 && a[2] == 0);
    return 0U;
  });
  r.on(Callback::proxy_on_response_body, [&](auto a) {
    CHECK(a[1] == 2 && a[2] == 1);
    return 0U;
  });
  r.run();
  CHECK(!r.request().headers_sent && r.response().sent == "no" && r.response().complete);
  CHECK(r.host.stream.reply.status == 403 && r.guest.seen.size() == 3);
}

static void local_reply_replaces_or_cuts_a_response() {
  Run r;
  r.on(Callback::proxy_on_response_headers, [&](auto) { return reply(r, 500, "bad"), 0U; });
  r.on(Callback::proxy_on_response_body, [&](auto) { return std::abort(), 0U; });
  r.run();
  CHECK(r.response().sent == "bad" && r.response().complete && r.host.stream.reset == Reset::kNone);

  Run late;
  late.on(Callback::proxy_on_response_body, [&](auto) { return reply(late, 500, "bad"), 0U; });
  late.run();
  CHECK(late.host.stream.reset == Reset::kFilter && late.response().sent.empty());
}

static void a_broken_guest_answers_503() {
  Run r;
  r.on(Callback::proxy_on_request_body, [&](auto) { return r.guest.broken = true, 0U; });
  r.on(Callback::proxy_on_log, [&](auto) { return std::abort(), 0U; });
  r.run();
  CHECK(r.response().headers.value(0) == "503" && r.response().complete && r.host.stream.reply.details == kFailDetails);
  r.run();
  CHECK(!r.request().headers_sent && r.response().headers.value(0) == "503");
}

static void upstream_reset_is_answered() {
  Run r;
  r.input.reset = true;
  r.input.after = 7;
  bool met = false;
  r.on(Callback::proxy_on_response_headers, [&](auto) { return met = true, 0U; });
  r.run();
  CHECK(met && r.host.stream.reset == Reset::kUpstream && r.response().headers.value(0) == "503");
  CHECK(r.response().complete && r.host.clock.passed == 7);
}

static void too_much_to_buffer() {
  Run r;
  r.script.limits.buffer_bytes = 4;
  r.on(Callback::proxy_on_request_body, [](auto) { return 1U; });
  r.run();
  CHECK(r.response().headers.value(0) == "413" && r.host.stream.reply.details == "request_payload_too_large");
}

static void refused_by_the_proxy() {
  Run r;
  r.on(Callback::proxy_on_context_create, [](auto) { return std::abort(), 0U; });
  r.input.refused = 431;
  r.run();
  CHECK(r.response().headers.value(0) == "431" && !r.request().headers_sent);
  r.input.refused = 0;
  r.run();
  CHECK(r.host.stream.reset == Reset::kDownstream && !r.response().headers_sent);
}

static void close_cuts() {
  Run r;
  r.on(Callback::proxy_on_request_body, [&](auto) { return hostcalls::proxy_close_stream(r.host, 0), 0U; });
  r.run();
  CHECK(r.host.stream.reset == Reset::kFilter && !r.response().started && !r.request().complete);
}

int main() {
  passes_everything();
  calls_in_order_with_end_of_stream();
  body_one_buffers_and_accumulates();
  body_two_holds_back_unseen_and_three_drops();
  paused_stream_never_finishes_and_ends();
  headers_one_goes_on_where_allowed();
  continue_shows_what_was_held_back();
  trailers_added_at_the_end_leave();
  local_reply_meets_own_response_callbacks();
  local_reply_replaces_or_cuts_a_response();
  a_broken_guest_answers_503();
  upstream_reset_is_answered();
  too_much_to_buffer();
  refused_by_the_proxy();
  close_cuts();
}
