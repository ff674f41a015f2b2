// SPDX-License-Identifier: 0BSD
#include <proxy_wasm.h>
#include <proxy_wasm_json.h>

// What the configuration says. One for each plugin; it lives until the proxy drops the
// configuration.
struct settings {
  pw_view cluster;
  pw_view path;
  int64_t timeout_ms;
  bool fail_open;
  // Numbers of metrics.
  uint32_t allowed;
  uint32_t denied;
  uint32_t failed;
};

static bool refuse(pw_view why) {
  pw_log(PW_ERROR, pw_join(&pw_scratch, PW("configuration: "), why));
  return false;
}

// Called once for each configuration, in every thread of the proxy. False refuses to start.
static bool on_configure(struct pw_context* plugin, pw_view configuration) {
  struct settings* settings = pw_state(plugin);
  const struct pw_json* object = pw_json_read(configuration, &plugin->memory);
  if (object->kind == PW_JSON_ERROR) return refuse(object->text);
  if (object->kind != PW_JSON_OBJECT) return refuse(PW("must be an object"));
  if (!pw_json_string(object, PW("cluster"), &settings->cluster) || settings->cluster.size == 0) {
    return refuse(PW("\"cluster\" must be a string that is not empty"));
  }
  if (!pw_json_string(object, PW("path"), &settings->path) || settings->path.size == 0) {
    return refuse(PW("\"path\" must be a string that is not empty"));
  }
  settings->timeout_ms = 500;
  if (pw_json_find(object, PW("timeout_ms")) != NULL &&
      (!pw_json_integer(object, PW("timeout_ms"), &settings->timeout_ms) ||
       settings->timeout_ms < 1 || settings->timeout_ms > 60000)) {
    return refuse(PW("\"timeout_ms\" must be a whole number from 1 to 60000"));
  }
  if (pw_json_find(object, PW("fail_open")) != NULL &&
      !pw_json_boolean(object, PW("fail_open"), &settings->fail_open)) {
    return refuse(PW("\"fail_open\" must be true or false"));
  }
  settings->allowed = pw_metric(PW_COUNTER, PW("my-filter.allowed"));
  settings->denied = pw_metric(PW_COUNTER, PW("my-filter.denied"));
  settings->failed = pw_metric(PW_COUNTER, PW("my-filter.failed"));
  return true;
}

// Whether the request goes on although nobody said so.
static bool fail(const struct settings* settings, uint32_t status) {
  pw_add(settings->failed, 1);
  pw_log(PW_WARN, pw_join(&pw_scratch, settings->cluster, PW(" failed: "), pw_decimal(status)));
  if (settings->fail_open) {
    pw_remove_header(PW_REQUEST_HEADERS, PW("x-user"));
  } else {
    pw_reply(503, NULL, 0, PW("unavailable\n"));
  }
  return settings->fail_open;
}

static enum pw_action on_request_headers(struct pw_context* stream, bool end_of_stream) {
  (void)end_of_stream;  // true when the request has no body
  const struct settings* settings = pw_settings(stream);
  struct pw_header asked = {.name = PW("x-original-path")};
  struct pw_callout callout = {
      .cluster = settings->cluster,
      .method = PW("GET"),
      .path = settings->path,
      .headers = &asked,
      .count = 1,
      .timeout_ms = (uint32_t)settings->timeout_ms,
  };
  pw_get_header(PW_REQUEST_HEADERS, PW(":path"), &asked.value);
  pw_get_header(PW_REQUEST_HEADERS, PW(":authority"), &callout.authority);
  if (pw_call(stream, &callout) != 0) return PW_PAUSE;  // until the answer is here
  return fail(settings, 0) ? PW_CONTINUE : PW_PAUSE;
}

static void on_callout(struct pw_context* stream, uint32_t call) {
  (void)call;  // there is but one
  const struct settings* settings = pw_settings(stream);
  const uint32_t status = pw_callout_status();
  if (status == 200) {
    pw_add(settings->allowed, 1);
    pw_view user;
    if (pw_get_header(PW_CALLOUT_HEADERS, PW("x-user"), &user)) {
      pw_set_header(PW_REQUEST_HEADERS, PW("x-user"), user);
    } else {
      // What a client says about itself does not count.
      pw_remove_header(PW_REQUEST_HEADERS, PW("x-user"));
    }
  } else if (status == 0 || status >= 500) {
    if (!fail(settings, status)) return;
  } else {
    pw_add(settings->denied, 1);
    pw_reply(403, NULL, 0, PW("denied\n"));
    return;
  }
  pw_resume(PW_REQUEST);
}

// A plugin carries its settings, a stream (one exchange) nothing.
PW_FILTER(sizeof(struct settings), 0)
// The callbacks that the proxy calls: only those that are named here cost anything.
PW_ON_CONFIGURE(on_configure)
PW_ON_REQUEST_HEADERS(on_request_headers)
PW_ON_CALLOUT(on_callout)
