// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Proxy-Wasm 0.2.1 as a filter meets it: numbers and host functions. proxy_wasm.h is nicer.
#ifndef PROXY_WASM_ABI_H_
#define PROXY_WASM_ABI_H_

#include <stddef.h>
#include <stdint.h>

#define PW_IMPORT(name) __attribute__((import_module("env"), import_name(#name)))
#define PW_EXPORT(name) __attribute__((used, export_name(#name)))

enum pw_status {
  PW_OK = 0,
  PW_NOT_FOUND = 1,
  PW_BAD_ARGUMENT = 2,
  PW_SERIALIZATION_FAILURE = 3,
  PW_PARSE_FAILURE = 4,
  PW_BAD_EXPRESSION = 5,
  PW_INVALID_MEMORY_ACCESS = 6,
  PW_EMPTY = 7,
  PW_CAS_MISMATCH = 8,
  PW_RESULT_MISMATCH = 9,
  PW_INTERNAL_FAILURE = 10,
  PW_BROKEN_CONNECTION = 11,
  PW_UNIMPLEMENTED = 12,
};

enum pw_level { PW_TRACE, PW_DEBUG, PW_INFO, PW_WARN, PW_ERROR, PW_CRITICAL };

/// What a callback tells the proxy. Of headers and trailers: go on, or hold the message until it is
/// resumed or answered. Of a body: PW_PAUSE holds it and calls again with all of it;
/// PW_PAUSE_AND_WATERMARK the same, but slows the sender down at the proxy's limit instead of
/// failing the stream; PW_PAUSE_WITHOUT_BUFFER holds nothing back for later. Of a connection's
/// data: go on, or PW_PAUSE, which holds them and calls again with more.
enum pw_action {
  PW_CONTINUE = 0,
  PW_PAUSE = 1,
  PW_PAUSE_AND_WATERMARK = 2,
  PW_PAUSE_WITHOUT_BUFFER = 3,
};

/// Which headers or trailers.
enum pw_map {
  PW_REQUEST_HEADERS = 0,
  PW_REQUEST_TRAILERS = 1,
  PW_RESPONSE_HEADERS = 2,
  PW_RESPONSE_TRAILERS = 3,
  PW_CALLOUT_HEADERS = 6,
  PW_CALLOUT_TRAILERS = 7,
};

/// Which bytes.
enum pw_buffer {
  PW_REQUEST_BODY = 0,
  PW_RESPONSE_BODY = 1,
  PW_DOWNSTREAM_DATA = 2,
  PW_UPSTREAM_DATA = 3,
  PW_CALLOUT_BODY = 4,
  PW_VM_CONFIGURATION = 6,
  PW_PLUGIN_CONFIGURATION = 7,
};

/// Which half of an exchange, or of a connection.
enum pw_stream_type { PW_REQUEST = 0, PW_RESPONSE = 1, PW_DOWNSTREAM = 2, PW_UPSTREAM = 3 };

/// Who closed a connection; of the upstream's the proxy does not tell.
enum pw_peer { PW_UNKNOWN = 0, PW_LOCAL = 1, PW_REMOTE = 2 };

enum pw_metric_kind { PW_COUNTER = 0, PW_GAUGE = 1, PW_HISTOGRAM = 2 };

// What the host gives back (`const char **`) lies in memory that it took from this module's malloc.

PW_IMPORT(proxy_log)
enum pw_status proxy_log(enum pw_level level, const char* line, size_t size);
PW_IMPORT(proxy_get_log_level)
enum pw_status proxy_get_log_level(uint32_t* level);
PW_IMPORT(proxy_get_current_time_nanoseconds)
enum pw_status proxy_get_current_time_nanoseconds(uint64_t* now);

PW_IMPORT(proxy_get_header_map_value)
enum pw_status proxy_get_header_map_value(enum pw_map map, const char* name, size_t name_size,
                                          const char** value, size_t* value_size);
PW_IMPORT(proxy_add_header_map_value)
enum pw_status proxy_add_header_map_value(enum pw_map map, const char* name, size_t name_size,
                                          const char* value, size_t value_size);
PW_IMPORT(proxy_replace_header_map_value)
enum pw_status proxy_replace_header_map_value(enum pw_map map, const char* name, size_t name_size,
                                              const char* value, size_t value_size);
PW_IMPORT(proxy_remove_header_map_value)
enum pw_status proxy_remove_header_map_value(enum pw_map map, const char* name, size_t name_size);
PW_IMPORT(proxy_get_header_map_pairs)
enum pw_status proxy_get_header_map_pairs(enum pw_map map, const char** pairs, size_t* size);
PW_IMPORT(proxy_set_header_map_pairs)
enum pw_status proxy_set_header_map_pairs(enum pw_map map, const char* pairs, size_t size);

PW_IMPORT(proxy_get_buffer_status)
enum pw_status proxy_get_buffer_status(enum pw_buffer buffer, size_t* size, uint32_t* flags);
PW_IMPORT(proxy_get_buffer_bytes)
enum pw_status proxy_get_buffer_bytes(enum pw_buffer buffer, size_t start, size_t count,
                                      const char** bytes, size_t* size);
PW_IMPORT(proxy_set_buffer_bytes)
enum pw_status proxy_set_buffer_bytes(enum pw_buffer buffer, size_t start, size_t count,
                                      const char* bytes, size_t size);

PW_IMPORT(proxy_get_property)
enum pw_status proxy_get_property(const char* path, size_t path_size, const char** value,
                                  size_t* size);
PW_IMPORT(proxy_set_property)
enum pw_status proxy_set_property(const char* path, size_t path_size, const char* value,
                                  size_t size);

PW_IMPORT(proxy_send_local_response)
enum pw_status proxy_send_local_response(uint32_t status, const char* details, size_t details_size,
                                         const char* body, size_t body_size, const char* headers,
                                         size_t headers_size, int32_t grpc_status);
/// Resumes what was paused; its headers cannot be read or written any more. Never for PW_RESPONSE
/// before there are response headers, and never in on_log: that crashes Envoy. PW_UPSTREAM:
/// PW_UNIMPLEMENTED.
PW_IMPORT(proxy_continue_stream)
enum pw_status proxy_continue_stream(enum pw_stream_type stream);
/// Resets an exchange: no answer is sent. Closes a connection behind what is on its way.
PW_IMPORT(proxy_close_stream)
enum pw_status proxy_close_stream(enum pw_stream_type stream);

PW_IMPORT(proxy_http_call)
enum pw_status proxy_http_call(const char* cluster, size_t cluster_size, const char* headers,
                               size_t headers_size, const char* body, size_t body_size,
                               const char* trailers, size_t trailers_size, uint32_t timeout_ms,
                               uint32_t* call);

PW_IMPORT(proxy_define_metric)
enum pw_status proxy_define_metric(enum pw_metric_kind kind, const char* name, size_t size,
                                   uint32_t* metric);
/// Of a counter only by more than 0.
PW_IMPORT(proxy_increment_metric)
enum pw_status proxy_increment_metric(uint32_t metric, int64_t difference);
PW_IMPORT(proxy_record_metric)
enum pw_status proxy_record_metric(uint32_t metric, uint64_t value);
PW_IMPORT(proxy_get_metric)
enum pw_status proxy_get_metric(uint32_t metric, uint64_t* value);

PW_IMPORT(proxy_set_effective_context)
enum pw_status proxy_set_effective_context(uint32_t id);
PW_IMPORT(proxy_done)
enum pw_status proxy_done(void);

#endif  // PROXY_WASM_ABI_H_
