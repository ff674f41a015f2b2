// SPDX-License-Identifier: 0BSD
#include <proxy_wasm.h>
#include <proxy_wasm_json.h>

// What the configuration says. One for each plugin; it lives until the proxy drops the
// configuration.
struct settings {
  pw_view deny_prefix;
};

// One for each connection.
struct connection {
  bool passed;
  uint64_t downstream;
  uint64_t upstream;
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
  if (!pw_json_string(object, PW("deny_prefix"), &settings->deny_prefix) ||
      settings->deny_prefix.size == 0) {
    return refuse(PW("\"deny_prefix\" must be a string that is not empty"));
  }
  return true;
}

static enum pw_action on_downstream_data(struct pw_context* stream, size_t size,
                                         bool end_of_stream) {
  const struct settings* settings = pw_settings(stream);
  struct connection* connection = pw_state(stream);
  if (!connection->passed) {
    const pw_view prefix = settings->deny_prefix;
    const pw_view first = pw_get_bytes(PW_DOWNSTREAM_DATA, 0, prefix.size);
    if (pw_equal(first, prefix)) {
      pw_log(PW_WARN, PW("denied"));
      pw_close_connection();
      return PW_PAUSE;  // nothing goes to the upstream
    }
    // Too few bytes to tell: hold them, and come again with more.
    if (!end_of_stream && pw_starts_with(prefix, first)) return PW_PAUSE;
    connection->passed = true;
  }
  connection->downstream += size;
  return PW_CONTINUE;
}

static enum pw_action on_upstream_data(struct pw_context* stream, size_t size, bool end_of_stream) {
  (void)end_of_stream;
  struct connection* connection = pw_state(stream);
  connection->upstream += size;
  return PW_CONTINUE;
}

// The connection is over.
static void on_log(struct pw_context* stream) {
  const struct connection* connection = pw_state(stream);
  pw_log(PW_INFO, pw_join(&pw_scratch, PW("downstream sent "), pw_decimal(connection->downstream),
                          PW(" bytes, upstream "), pw_decimal(connection->upstream)));
}

// What a plugin and a stream (one connection) carry.
PW_FILTER(sizeof(struct settings), sizeof(struct connection))
// The callbacks that the proxy calls: only those that are named here cost anything.
PW_ON_CONFIGURE(on_configure)
PW_ON_DOWNSTREAM_DATA(on_downstream_data)
PW_ON_UPSTREAM_DATA(on_upstream_data)
PW_ON_LOG(on_log)
