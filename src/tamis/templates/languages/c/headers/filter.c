// SPDX-License-Identifier: 0BSD
#include <proxy_wasm.h>
#include <proxy_wasm_json.h>

// What the configuration says. One for each plugin; it lives until the proxy drops the
// configuration.
struct settings {
  pw_view header;
  pw_view value;
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
  if (!pw_json_string(object, PW("header"), &settings->header) || settings->header.size == 0) {
    return refuse(PW("\"header\" must be a string that is not empty"));
  }
  if (!pw_json_string(object, PW("value"), &settings->value)) {
    return refuse(PW("\"value\" must be a string"));
  }
  return true;
}

static enum pw_action on_request_headers(struct pw_context* stream, bool end_of_stream) {
  (void)end_of_stream;  // true when the request has no body
  const struct settings* settings = pw_settings(stream);
  pw_set_header(PW_REQUEST_HEADERS, settings->header, settings->value);
  return PW_CONTINUE;
}

static enum pw_action on_response_headers(struct pw_context* stream, bool end_of_stream) {
  (void)end_of_stream;
  const struct settings* settings = pw_settings(stream);
  pw_set_header(PW_RESPONSE_HEADERS, settings->header, settings->value);
  pw_remove_header(PW_RESPONSE_HEADERS, PW("x-powered-by"));
  return PW_CONTINUE;
}

// A plugin carries its settings, a stream (one exchange) nothing.
PW_FILTER(sizeof(struct settings), 0)
// The callbacks that the proxy calls: only those that are named here cost anything.
PW_ON_CONFIGURE(on_configure)
PW_ON_REQUEST_HEADERS(on_request_headers)
PW_ON_RESPONSE_HEADERS(on_response_headers)
