// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Asking another service over HTTP while a stream waits. PW_ON_CALLOUT takes the answers.
#ifndef PROXY_WASM_CALLOUT_H_
#define PROXY_WASM_CALLOUT_H_

#include "proxy_wasm.h"

struct pw_callout {
  /// As the proxy names it; it must know it.
  pw_view cluster;
  pw_view method;
  pw_view path;
  pw_view authority;
  /// Those without a colon.
  const struct pw_header* headers;
  size_t count;
  pw_view body;
  /// 0 waits for ever.
  uint32_t timeout_ms;
};

/// Lies in the memory of the plugin, so it goes with that.
struct pw_awaited_ {
  uint32_t call;
  uint32_t caller;
  struct pw_awaited_* next;
};

/// Behind the others: most answers come in the order of the questions.
static inline void pw_await_(struct pw_context* caller, uint32_t call) {
  struct pw_context* plugin = caller->plugin != NULL ? caller->plugin : caller;
  struct pw_awaited_* awaited = plugin->spare_;
  if (awaited != NULL) {
    plugin->spare_ = awaited->next;
  } else {
    awaited = pw_take(&plugin->memory, sizeof(*awaited));
  }
  *awaited = (struct pw_awaited_){call, caller->id, NULL};
  struct pw_awaited_** link = &plugin->awaited_;
  while (*link != NULL) link = &(*link)->next;
  *link = awaited;
}

/// The answer comes to `caller`, a plugin or a stream; return PW_PAUSE to wait for it. Returns its
/// number, or 0 when the proxy refuses: a cluster that it does not know, nothing for a path, CR, LF
/// or NUL in a value.
static inline uint32_t pw_call(struct pw_context* caller, const struct pw_callout* callout) {
  const size_t count = 3 + callout->count;
  struct pw_header* headers = pw_take(&pw_scratch, count * sizeof(*headers));
  headers[0] = (struct pw_header){PW(":method"), callout->method};
  headers[1] = (struct pw_header){PW(":path"), callout->path};
  headers[2] = (struct pw_header){PW(":authority"), callout->authority};
  for (size_t at = 0; at < callout->count; ++at) headers[3 + at] = callout->headers[at];
  for (size_t at = 0; at < count; ++at) {
    if (!pw_is_line(headers[at].value)) return 0;
  }
  const pw_view pairs = pw_pairs_(headers, count);
  uint32_t call = 0;
  if (proxy_http_call(callout->cluster.data, callout->cluster.size, pairs.data, pairs.size,
                      callout->body.data, callout->body.size, NULL, 0, callout->timeout_ms,
                      &call) != PW_OK) {
    return 0;
  }
  pw_await_(caller, call);
  return call;
}

/// Who waits for it, with its stream as the one that host functions act on; NULL: nobody any more.
static inline struct pw_context* pw_caller_(struct pw_context* plugin, uint32_t call) {
  if (plugin == NULL) return NULL;
  struct pw_awaited_** link = &plugin->awaited_;
  while (*link != NULL && (*link)->call != call) link = &(*link)->next;
  struct pw_awaited_* awaited = *link;
  if (awaited == NULL) return NULL;
  *link = awaited->next;
  awaited->next = plugin->spare_;
  plugin->spare_ = awaited;
  struct pw_context* caller = *pw_link_(awaited->caller);
  if (caller != NULL && caller->plugin != NULL) proxy_set_effective_context(caller->id);
  return caller;
}

/// In PW_ON_CALLOUT's function. A service that cannot be reached is 503 and one that took too long
/// 504, as if it had said so itself; an answer that was cut is 0. Its headers and body are
/// PW_CALLOUT_HEADERS and PW_CALLOUT_BODY.
static inline uint32_t pw_callout_status(void) {
  pw_view digits;
  uint32_t status = 0;
  if (!pw_get_header(PW_CALLOUT_HEADERS, PW(":status"), &digits)) return 0;
  for (size_t at = 0; at < digits.size; ++at)
    status = status * 10 + (uint32_t)digits.data[at] - '0';
  return status;
}

/// void function(struct pw_context *caller, uint32_t call). What pw_call() of that plugin or stream
/// asked for is there, or will never be: see pw_callout_status(). When a stream is over before, its
/// answer comes to nobody.
#define PW_ON_CALLOUT(function)                                                                 \
  PW_EXPORT(proxy_on_http_call_response)                                                        \
  void pw_on_callout_(uint32_t plugin, uint32_t call, uint32_t headers __attribute__((unused)), \
                      uint32_t size __attribute__((unused)),                                    \
                      uint32_t trailers __attribute__((unused))) {                              \
    struct pw_context* caller = pw_caller_(*pw_link_(plugin), call);                            \
    if (caller != NULL) function(caller, call);                                                 \
    pw_empty(&pw_scratch);                                                                      \
  }

#endif  // PROXY_WASM_CALLOUT_H_
