// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a filter of connections exports, in the style of proxy_wasm_module.h:
//
//   static enum pw_action on_downstream_data(struct pw_context *stream, size_t size, bool end) {
//     if (pw_equal(pw_get_bytes(PW_DOWNSTREAM_DATA, 0, 4), PW("QUIT"))) pw_close_connection();
//     return PW_CONTINUE;
//   }
//   PW_FILTER(0, 0)
//   PW_ON_DOWNSTREAM_DATA(on_downstream_data)
#ifndef PROXY_WASM_NETWORK_H_
#define PROXY_WASM_NETWORK_H_

#include "proxy_wasm.h"

/// enum pw_action function(struct pw_context *stream). PW_PAUSE holds what the client sends until
/// pw_resume(PW_DOWNSTREAM).
#define PW_ON_NEW_CONNECTION(function)                                               \
  PW_STREAM_CALLBACK_(on_new_connection, (uint32_t id), enum pw_action, PW_CONTINUE, \
                      function(stream))

/// enum pw_action function(struct pw_context *stream, size_t size, bool end_of_stream). The data
/// are PW_DOWNSTREAM_DATA: what came since the last PW_CONTINUE. When the client sends no more,
/// this is called with end_of_stream, and maybe without data.
#define PW_ON_DOWNSTREAM_DATA(function) PW_BODY_CALLBACK_(on_downstream_data, function)
/// The same of what the upstream sends, PW_UPSTREAM_DATA.
#define PW_ON_UPSTREAM_DATA(function) PW_BODY_CALLBACK_(on_upstream_data, function)

#define PW_CLOSE_CALLBACK_(name, function)                   \
  PW_EXPORT(proxy_on_##name##_connection_close)              \
  void pw_on_##name##_close_(uint32_t id, enum pw_peer by) { \
    struct pw_context* stream = pw_stream_(id);              \
    if (stream != NULL) function(stream, by);                \
    pw_empty(&pw_scratch);                                   \
  }
/// void function(struct pw_context *stream, enum pw_peer by)
#define PW_ON_DOWNSTREAM_CLOSE(function) PW_CLOSE_CALLBACK_(downstream, function)
/// The same, only when the upstream ended its direction first.
#define PW_ON_UPSTREAM_CLOSE(function) PW_CLOSE_CALLBACK_(upstream, function)

#endif  // PROXY_WASM_NETWORK_H_
