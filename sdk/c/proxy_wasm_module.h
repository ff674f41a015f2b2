// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a module exports: PW_FILTER once in a program, and a macro for each callback it implements,
// since an absent callback costs nothing and a present one costs a crossing. proxy_wasm_callout.h
// and proxy_wasm_network.h have more.
#ifndef PROXY_WASM_MODULE_H_
#define PROXY_WASM_MODULE_H_

#include "proxy_wasm.h"

static inline void pw_create_(uint32_t id, uint32_t parent, size_t plugin_size,
                              size_t stream_size) {
  struct pw_context* plugin = parent != 0 ? *pw_link_(parent) : NULL;
  const size_t size = sizeof(struct pw_context) + (plugin == NULL ? plugin_size : stream_size);
  struct pw_arena memory = {0};
  struct pw_context* context = pw_take(&memory, size);
  __builtin_memset(context, 0, size);
  struct pw_context** bucket = &pw_contexts_[id % PW_BUCKETS_];
  context->id = id;
  context->plugin = plugin;
  context->next_ = *bucket;
  context->memory = memory;
  *bucket = context;
}

static inline void pw_delete_(uint32_t id) {
  struct pw_context** link = pw_link_(id);
  struct pw_context* context = *link;
  if (context == NULL) return;
  *link = context->next_;
  // The context lies in its own arena.
  struct pw_arena memory = context->memory;
  pw_empty(&memory);
}

/// NULL for a context that is no stream (an access logger's), and for an unknown one.
static inline struct pw_context* pw_stream_(uint32_t id) {
  struct pw_context* context = *pw_link_(id);
  return context != NULL && context->plugin != NULL ? context : NULL;
}

/// Once in a program: sizes of what every plugin and every stream carries, found by pw_state().
/// PW_FILTER(sizeof(struct settings), 0)
#define PW_FILTER(plugin_size, stream_size)                                              \
  struct pw_heap_ pw_heap_ = {.at = &__heap_base, .end = &__heap_end};                   \
  struct pw_arena pw_scratch;                                                            \
  struct pw_context* pw_contexts_[PW_BUCKETS_];                                          \
  PW_EXPORT(proxy_abi_version_0_2_1) void pw_abi_version_(void) {}                       \
  /* The host takes room for what it hands over; only ever during a callback. */         \
  PW_EXPORT(malloc) void* pw_malloc_(size_t size) { return pw_take(&pw_scratch, size); } \
  PW_EXPORT(proxy_on_context_create) void pw_on_create_(uint32_t id, uint32_t parent) {  \
    pw_create_(id, parent, plugin_size, stream_size);                                    \
  }                                                                                      \
  PW_EXPORT(proxy_on_delete) void pw_on_delete_(uint32_t id) { pw_delete_(id); }

/// bool function(struct pw_context *plugin, pw_view configuration). The configuration lives as long
/// as the plugin. False refuses to start; say why in the log.
#define PW_ON_CONFIGURE(function)                                                         \
  PW_EXPORT(proxy_on_configure) uint32_t pw_on_configure_(uint32_t id, uint32_t size) {   \
    (void)size;                                                                           \
    struct pw_context* plugin = *pw_link_(id);                                            \
    const bool done =                                                                     \
        function(plugin, pw_keep(&plugin->memory, pw_get_body(PW_PLUGIN_CONFIGURATION))); \
    pw_empty(&pw_scratch);                                                                \
    return done;                                                                          \
  }

#define PW_STREAM_CALLBACK_(name, parameters, result, otherwise, call) \
  PW_EXPORT(proxy_##name) result pw_##name##_ parameters {             \
    result given = otherwise;                                          \
    struct pw_context* stream = pw_stream_(id);                        \
    if (stream != NULL) given = call;                                  \
    pw_empty(&pw_scratch);                                             \
    return given;                                                      \
  }
#define PW_HEADERS_CALLBACK_(name, function)                                                     \
  PW_STREAM_CALLBACK_(name, (uint32_t id, uint32_t count __attribute__((unused)), uint32_t end), \
                      enum pw_action, PW_CONTINUE, function(stream, end != 0))
#define PW_BODY_CALLBACK_(name, function)                                               \
  PW_STREAM_CALLBACK_(name, (uint32_t id, uint32_t size, uint32_t end), enum pw_action, \
                      PW_CONTINUE, function(stream, size, end != 0))
#define PW_TRAILERS_CALLBACK_(name, function)                                                      \
  PW_STREAM_CALLBACK_(name, (uint32_t id, uint32_t count __attribute__((unused))), enum pw_action, \
                      PW_CONTINUE, function(stream))

/// enum pw_action function(struct pw_context *stream, bool end_of_stream)
#define PW_ON_REQUEST_HEADERS(function) PW_HEADERS_CALLBACK_(on_request_headers, function)
#define PW_ON_RESPONSE_HEADERS(function) PW_HEADERS_CALLBACK_(on_response_headers, function)
/// enum pw_action function(struct pw_context *stream, size_t size, bool end_of_stream)
#define PW_ON_REQUEST_BODY(function) PW_BODY_CALLBACK_(on_request_body, function)
#define PW_ON_RESPONSE_BODY(function) PW_BODY_CALLBACK_(on_response_body, function)
/// enum pw_action function(struct pw_context *stream)
#define PW_ON_REQUEST_TRAILERS(function) PW_TRAILERS_CALLBACK_(on_request_trailers, function)
#define PW_ON_RESPONSE_TRAILERS(function) PW_TRAILERS_CALLBACK_(on_response_trailers, function)

/// void function(struct pw_context *stream). The exchange is over; nothing can be changed any more.
#define PW_ON_LOG(function)                              \
  PW_EXPORT(proxy_on_log) void pw_on_log_(uint32_t id) { \
    struct pw_context* stream = pw_stream_(id);          \
    if (stream != NULL) function(stream);                \
    pw_empty(&pw_scratch);                               \
  }

#endif  // PROXY_WASM_MODULE_H_
