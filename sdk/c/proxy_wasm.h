// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Filters for Envoy in C, without a C library:
//
//   #include <proxy_wasm.h>
//   static enum pw_action on_response_headers(struct pw_context *stream, bool end_of_stream) {
//     pw_set_header(PW_RESPONSE_HEADERS, PW("x-hello"), PW("world"));
//     return PW_CONTINUE;
//   }
//   PW_FILTER(0, 0)
//   PW_ON_RESPONSE_HEADERS(on_response_headers)
#ifndef PROXY_WASM_H_
#define PROXY_WASM_H_

#include "proxy_wasm_abi.h"
#include "proxy_wasm_memory.h"

/// A plugin, which is one configuration, or a stream, which is one exchange or connection under it.
/// The proxy may keep several of each in one module, so nothing of theirs belongs into a global
/// variable.
struct pw_context {
  _Alignas(8) uint32_t id;
  /// Of a stream; a plugin has none.
  struct pw_context* plugin;
  struct pw_context* next_;
  /// Of a plugin: the answers that it and its streams wait for, and records to use again.
  struct pw_awaited_* awaited_;
  struct pw_awaited_* spare_;
  /// What is taken from it lives as long as the context.
  struct pw_arena memory;
};

// Hosts count up, so contexts spread evenly: a worker with ten thousand streams has ten a bucket.
#define PW_BUCKETS_ 1024U
/// PW_FILTER defines it.
extern struct pw_context* pw_contexts_[PW_BUCKETS_];

/// What points to the context of that number, or to the NULL at the end.
__attribute__((noinline)) static inline struct pw_context** pw_link_(uint32_t id) {
  struct pw_context** link = &pw_contexts_[id % PW_BUCKETS_];
  while (*link != NULL && (*link)->id != id) link = &(*link)->next_;
  return link;
}

/// The bytes that PW_FILTER ordered for such a context; all zero at first.
static inline void* pw_state(struct pw_context* context) { return context + 1; }

/// What the plugin of a stream holds: the state that its on_configure filled.
static inline const void* pw_settings(const struct pw_context* stream) {
  return stream->plugin + 1;
}

// ---- Headers and trailers: one crossing each. Values live until the callback returns. ----

struct pw_header {
  pw_view name;
  pw_view value;
};

/// The value of the first header of that name; false when there is none.
static inline bool pw_get_header(enum pw_map map, pw_view name, pw_view* value) {
  return proxy_get_header_map_value(map, name.data, name.size, &value->data, &value->size) == PW_OK;
}

/// No CR, LF or NUL: Envoy would put them on the wire as they are, which lets a value forge
/// headers.
__attribute__((noinline)) static inline bool pw_is_line(pw_view text) {
  for (size_t at = 0; at < text.size; ++at) {
    const char c = text.data[at];
    if (c == '\r' || c == '\n' || c == '\0') return false;
  }
  return true;
}

/// Leaves exactly one header of that name. False, and no change, when a name or value would break
/// the message.
static inline bool pw_set_header(enum pw_map map, pw_view name, pw_view value) {
  return pw_is_line(name) && pw_is_line(value) &&
         proxy_replace_header_map_value(map, name.data, name.size, value.data, value.size) == PW_OK;
}

/// Adds a header behind those that are there. False as in pw_set_header().
static inline bool pw_add_header(enum pw_map map, pw_view name, pw_view value) {
  return pw_is_line(name) && pw_is_line(value) &&
         proxy_add_header_map_value(map, name.data, name.size, value.data, value.size) == PW_OK;
}

/// Removes all headers of that name, if there are any.
static inline void pw_remove_header(enum pw_map map, pw_view name) {
  proxy_remove_header_map_value(map, name.data, name.size);
}

static inline uint32_t pw_u32_(const char* at) {
  uint32_t number;
  __builtin_memcpy(&number, at, sizeof(number));
  return number;
}

/// All headers in order, duplicates kept, in one crossing; `*headers` points to the first. Returns
/// how many. Pairs travel as a count, the sizes of each name and value, then each followed by NUL.
static inline size_t pw_get_headers(enum pw_map map, struct pw_header** headers) {
  const char* pairs = NULL;
  size_t size = 0;
  if (proxy_get_header_map_pairs(map, &pairs, &size) != PW_OK || size < 4) return 0;
  const size_t count = pw_u32_(pairs);
  const char* sizes = pairs + 4;
  const char* text = sizes + 8 * count;
  *headers = pw_take(&pw_scratch, count * sizeof(**headers));
  for (size_t at = 0; at < count; ++at, sizes += 8) {
    struct pw_header* header = *headers + at;
    header->name = (pw_view){text, pw_u32_(sizes)};
    header->value = (pw_view){text + header->name.size + 1, pw_u32_(sizes + 4)};
    text += header->name.size + header->value.size + 2;
  }
  return count;
}

static inline pw_view pw_pairs_(const struct pw_header* headers, size_t count) {
  size_t size = 4 + 8 * count;
  for (size_t at = 0; at < count; ++at) size += headers[at].name.size + headers[at].value.size + 2;
  char* pairs = pw_take(&pw_scratch, size);
  uint32_t* sizes = (uint32_t*)pairs;
  *sizes++ = count;
  char* text = pairs + 4 + 8 * count;
  for (size_t at = 0; at < count; ++at) {
    const pw_view both[] = {headers[at].name, headers[at].value};
    for (int half = 0; half < 2; ++half) {
      *sizes++ = both[half].size;
      __builtin_memcpy(text, both[half].data, both[half].size);
      text += both[half].size;
      *text++ = '\0';
    }
  }
  return (pw_view){pairs, size};
}

/// The whole map in one crossing. At most 1024 headers and 1 MiB: Envoy takes more for none, and
/// erases the map; so this refuses them.
static inline bool pw_set_headers(enum pw_map map, const struct pw_header* headers, size_t count) {
  const pw_view pairs = pw_pairs_(headers, count);
  return count <= 1024 && pairs.size <= 1048576 &&
         proxy_set_header_map_pairs(map, pairs.data, pairs.size) == PW_OK;
}

// ---- Bodies ----

/// At most `count` bytes from `start`.
static inline pw_view pw_get_bytes(enum pw_buffer buffer, size_t start, size_t count) {
  pw_view bytes = {NULL, 0};
  proxy_get_buffer_bytes(buffer, start, count, &bytes.data, &bytes.size);
  return bytes;
}

/// All bytes the proxy holds: this chunk, or everything since a body callback returned PW_PAUSE.
/// A held body can be read and written in the trailers callback as well.
static inline pw_view pw_get_body(enum pw_buffer buffer) {
  return pw_get_bytes(buffer, 0, SIZE_MAX);
}

/// Puts `bytes` in place of all that the proxy holds.
static inline void pw_set_body(enum pw_buffer buffer, pw_view bytes) {
  proxy_set_buffer_bytes(buffer, 0, SIZE_MAX, bytes.data, bytes.size);
}

// ---- The rest of the proxy ----

static inline void pw_log(enum pw_level level, pw_view line) {
  proxy_log(level, line.data, line.size);
}

/// pw_get_property(PW("source\0address"), &value); false when nobody knows it.
static inline bool pw_get_property(pw_view path, pw_view* value) {
  return proxy_get_property(path.data, path.size, &value->data, &value->size) == PW_OK;
}

/// Nanoseconds since 1970-01-01 UTC.
static inline uint64_t pw_now(void) {
  uint64_t now = 0;
  proxy_get_current_time_nanoseconds(&now);
  return now;
}

/// Answers in place of the upstream when the callback returns, whatever it returns; the first reply
/// wins. This filter's own response callbacks still run on it.
static inline void pw_reply(uint32_t status, const struct pw_header* headers, size_t count,
                            pw_view body) {
  const pw_view pairs = pw_pairs_(headers, count);
  proxy_send_local_response(status, NULL, 0, body.data, body.size, pairs.data, pairs.size, -1);
}

/// Goes on with what was paused. Do it last: what it was can then not be changed any more.
static inline void pw_resume(enum pw_stream_type stream) { proxy_continue_stream(stream); }

/// The connection to the client is closed when the callback returns, behind what is on its way.
static inline void pw_close_connection(void) { proxy_close_stream(PW_DOWNSTREAM); }

/// A number in the proxy's statistics, under `wasmcustom.`: defined in on_configure, used by what
/// this returns.
static inline uint32_t pw_metric(enum pw_metric_kind kind, pw_view name) {
  uint32_t metric = 0;
  proxy_define_metric(kind, name.data, name.size, &metric);
  return metric;
}

/// A counter only grows.
static inline void pw_add(uint32_t metric, int64_t difference) {
  proxy_increment_metric(metric, difference);
}

#include "proxy_wasm_callout.h"
#include "proxy_wasm_module.h"
#include "proxy_wasm_network.h"

#endif  // PROXY_WASM_H_
