#include "native/http.h"

#include "http_run.h"

using namespace tamis;

static void passes_everything() {
  Run r;
  r.run();
  CHECK(r.request().complete && r.request().sent == "onetwo" && r.request().trailers.size() == 1);
  CHECK(r.response().complete && r.response().sent == "threefour" && r.stream().pauses.empty());
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

static void reply(Run& r, uint32_t status, const char* body) {
  const auto size = static_cast<uint32_t>(std::strlen(body));
  hostcalls::proxy_send_local_response(r.host, status, 0, 0, r.guest.put(body), size, 0, 0,
                                       0xffffffff);
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
  CHECK(r.stream().reply.status == 403 && r.guest.seen.size() == 3);
}

static void local_reply_without_response_callbacks() {
  Run r;
  r.on(Callback::proxy_on_request_headers, [&](auto) { return reply(r, 403, "no"), 0U; });
  r.run();
  CHECK(r.response().sent == "no" && r.response().complete);
}

static void local_reply_replaces_or_cuts_a_response() {
  Run r;
  r.on(Callback::proxy_on_response_headers, [&](auto) { return reply(r, 500, "bad"), 0U; });
  r.on(Callback::proxy_on_response_body, [&](auto) { return std::abort(), 0U; });
  r.run();
  CHECK(r.response().sent == "bad" && r.response().complete && r.stream().reset == Reset::kNone);

  Run late;
  late.on(Callback::proxy_on_response_body, [&](auto) { return reply(late, 500, "bad"), 0U; });
  late.run();
  CHECK(late.stream().reset == Reset::kFilter && late.response().sent.empty());
}

static void a_broken_guest_answers_503() {
  Run r;
  r.on(Callback::proxy_on_request_body, [&](auto) { return r.guest.broken = true, 0U; });
  r.on(Callback::proxy_on_log, [&](auto) { return std::abort(), 0U; });
  r.run();
  CHECK(r.response().headers.value(0) == "503" && r.response().complete &&
        r.stream().reply.details == kFailDetails);
  r.run();
  CHECK(!r.request().headers_sent && r.response().headers.value(0) == "503");
}

static void upstream_reset_is_answered() {
  Run r;
  r.input.reset = true;
  r.input.answer.headers.clear();
  r.input.after = 7;
  bool met = false;
  r.on(Callback::proxy_on_response_headers, [&](auto) { return met = true, 0U; });
  r.run();
  CHECK(met && r.stream().reset == Reset::kUpstream && r.response().headers.value(0) == "503");
  CHECK(r.response().complete && r.world.clock.passed == 7);
}

static void refused_by_the_proxy() {
  Run r;
  int created = 0, logged = 0;
  r.on(Callback::proxy_on_context_create, [&](auto) { return ++created, 0U; });
  r.on(Callback::proxy_on_request_headers, [](auto) { return std::abort(), 0U; });
  r.on(Callback::proxy_on_log, [&](auto) { return ++logged, 0U; });
  r.input.refused = 431;
  r.run();
  CHECK(r.response().headers.value(0) == "431" && !r.request().headers_sent);
  CHECK(created == 1 && logged == 1);  // it is logged, and that is all
  r.input.refused = 0;
  r.run();
  CHECK(r.stream().reset == Reset::kDownstream && !r.response().headers_sent);
  CHECK(created == 1 && logged == 1);
}

static void close_cuts() {
  Run r;
  r.on(Callback::proxy_on_request_body,
       [&](auto) { return hostcalls::proxy_close_stream(r.host, 0), 0U; });
  r.run();
  CHECK(r.stream().reset == Reset::kFilter && !r.response().started && !r.request().complete);
}

static void a_replaced_response_leaves_nothing_behind() {
  Run r;
  r.script.plugin.allow_on_headers_stop_iteration = true;
  r.on(Callback::proxy_on_response_headers, [](auto) { return 1U; });
  r.on(Callback::proxy_on_response_body, [&](auto a) {
    if (a[2] == 0) return 2U;
    const uint32_t key = r.guest.put("k");
    hostcalls::proxy_add_header_map_value(r.host, kHttpResponseTrailers, key, 1, key, 1);
    return reply(r, 500, "bad"), 0U;
  });
  r.run();
  CHECK(r.response().sent == "bad" && r.response().complete && r.response().trailers.empty());
}

// What one callback asked of two streams happens in order, the second inside the first's end.
static void two_that_go_on_at_once() {
  Run r;
  HttpExchange<NativeHost> other{r.host};
  std::string order;
  r.on(Callback::proxy_on_response_headers, [](auto) { return 1U; });
  const auto note = [&](char what) {
    return [&order, what](auto a) {
      order += what + std::to_string(a[0]) + " ";
      return 1U;
    };
  };
  r.on(Callback::proxy_on_log, note('l'));
  r.on(Callback::proxy_on_done, note('d'));
  r.on(Callback::proxy_on_delete, note('x'));
  r.input.answer.chunks.clear();
  r.exchange.begin(r.input, r.plugin);
  other.begin(r.input, r.plugin);
  r.world.settle();
  CHECK(order.empty());
  for (const uint32_t id : {2U, 3U}) {
    CHECK(r.host.touch(id));
    hostcalls::proxy_continue_stream(r.host, 1);
  }
  r.host.attend();
  CHECK(order == "l2 l3 d3 x3 d2 x2 ");
}

int main() {
  two_that_go_on_at_once();
  a_replaced_response_leaves_nothing_behind();
  passes_everything();
  paused_stream_never_finishes_and_ends();
  local_reply_meets_own_response_callbacks();
  local_reply_without_response_callbacks();
  local_reply_replaces_or_cuts_a_response();
  a_broken_guest_answers_503();
  upstream_reset_is_answered();
  refused_by_the_proxy();
  close_cuts();
}
