// SPDX-License-Identifier: 0BSD
#include <proxy_wasm.h>
#include <proxy_wasm_json.h>

// What the configuration says. One for each plugin; it lives until the proxy drops the
// configuration.
struct settings {
  pw_view find;
  pw_view replace;
};

// What is remembered of one exchange; all false at first.
struct exchange {
  bool rewrite;
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
  if (!pw_json_string(object, PW("find"), &settings->find) || settings->find.size == 0) {
    return refuse(PW("\"find\" must be a string that is not empty"));
  }
  if (!pw_json_string(object, PW("replace"), &settings->replace)) {
    return refuse(PW("\"replace\" must be a string"));
  }
  return true;
}

static enum pw_action on_response_headers(struct pw_context* stream, bool end_of_stream) {
  if (end_of_stream) return PW_CONTINUE;  // there is no body
  pw_view encoding;
  if (pw_get_header(PW_RESPONSE_HEADERS, PW("content-encoding"), &encoding) &&
      !pw_equal(encoding, PW("identity"))) {
    return PW_CONTINUE;
  }
  struct exchange* exchange = pw_state(stream);
  exchange->rewrite = true;
  // It may not be true any more when the body goes out.
  pw_remove_header(PW_RESPONSE_HEADERS, PW("content-length"));
  return PW_CONTINUE;
}

// Writes the body back only if something was found in it.
static void rewrite_body(const struct settings* settings) {
  pw_view rest = pw_get_body(PW_RESPONSE_BODY);
  struct pw_text written = {.arena = &pw_scratch};  // freed when the callback returns
  bool found = false;
  for (size_t at; (at = pw_find(rest, settings->find)) < rest.size; found = true) {
    pw_append(&written, (pw_view){rest.data, at});
    pw_append(&written, settings->replace);
    rest = pw_skip(rest, at + settings->find.size);
  }
  if (!found) return;
  pw_append(&written, rest);
  pw_set_body(PW_RESPONSE_BODY, (pw_view){written.data, written.size});
}

static enum pw_action on_response_body(struct pw_context* stream, size_t size, bool end_of_stream) {
  (void)size;
  const struct exchange* exchange = pw_state(stream);
  if (!exchange->rewrite) return PW_CONTINUE;
  if (!end_of_stream) return PW_PAUSE;  // hold what there is, and come again with more
  rewrite_body(pw_settings(stream));
  return PW_CONTINUE;
}

// When there are trailers, they end the body instead.
static enum pw_action on_response_trailers(struct pw_context* stream) {
  const struct exchange* exchange = pw_state(stream);
  if (exchange->rewrite) rewrite_body(pw_settings(stream));
  return PW_CONTINUE;
}

// What a plugin carries, and what a stream (one exchange) carries.
PW_FILTER(sizeof(struct settings), sizeof(struct exchange))
// The callbacks that the proxy calls: only those that are named here cost anything.
PW_ON_CONFIGURE(on_configure)
PW_ON_RESPONSE_HEADERS(on_response_headers)
PW_ON_RESPONSE_BODY(on_response_body)
PW_ON_RESPONSE_TRAILERS(on_response_trailers)
