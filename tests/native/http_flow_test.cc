#include "native/http_flow.h"

#include "http_run.h"

using namespace tamis;

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
  CHECK(sizes == std::vector<uint32_t>({5, 9}) && r.response().sent == "threefour" &&
        r.response().complete);
  CHECK(r.stream().pauses.size() == 1);
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

static void headers_one_goes_on_where_allowed() {
  Run r;
  r.script.plugin.allow_on_headers_stop_iteration = true;
  r.on(Callback::proxy_on_request_headers, [](auto) { return 1U; });
  r.run();
  CHECK(r.request().complete && r.request().sent == "onetwo" && r.response().complete);
}

static void stop_all_holds_everything_back() {
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
    const uint32_t status =
        hostcalls::proxy_add_header_map_value(r.host, kHttpResponseTrailers, key, 1, key, 1);
    CHECK(status == (a[2] == 1 ? kOk : kBadArgument));
    return 0U;
  });
  r.run();
  CHECK(r.response().trailers.size() == 1 && r.response().has_trailers && r.response().complete);
}

static void too_much_to_buffer() {
  Run r;
  r.script.limits.buffer_bytes = 4;
  r.on(Callback::proxy_on_request_body, [](auto) { return 1U; });
  r.run();
  CHECK(r.response().headers.value(0) == "413" &&
        r.stream().reply.details == "request_payload_too_large");
}

static void continue_releases_what_was_held_back() {
  Run r;
  r.on(Callback::proxy_on_request_body, [](auto) { return 1U; });
  r.on(Callback::proxy_on_request_trailers, [&](auto) {
    CHECK(r.request().sent.empty());
    CHECK(hostcalls::proxy_continue_stream(r.host, 0) == kOk);
    return 1U;
  });
  r.run();
  CHECK(r.request().sent == "onetwo" && r.request().complete && r.response().complete);
}

int main() {
  continue_releases_what_was_held_back();
  calls_in_order_with_end_of_stream();
  body_one_buffers_and_accumulates();
  body_two_holds_back_unseen_and_three_drops();
  headers_one_goes_on_where_allowed();
  stop_all_holds_everything_back();
  trailers_added_at_the_end_leave();
  too_much_to_buffer();
}
