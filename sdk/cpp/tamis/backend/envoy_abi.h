// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The functions by which a dynamic module asks Envoy (1.40), as far as they are used here. Enums
// travel as 32 bits; maps, levels and statuses have the numbers of proxy-wasm.
#ifndef TAMIS_BACKEND_ENVOY_ABI_H_
#define TAMIS_BACKEND_ENVOY_ABI_H_

#include <stddef.h>
#include <stdint.h>

namespace tamis::envoy {

/// What on_program_init() has to say: which version of the interface a module was made for.
inline constexpr char kAbiVersion[] = "v0.2.0";

/// Borrowed bytes, of Envoy or of the module.
struct Bytes {
  const char* data;
  size_t size;
};

struct Header {
  const char* name;
  size_t name_size;
  const char* value;
  size_t value_size;
};

/// What the interface calls a body: the bytes that just came, or those that are held back.
enum class Body : uint32_t {
  ReceivedRequest = 0,
  HeldRequest = 1,
  ReceivedResponse = 2,
  HeldResponse = 3,
};

/// How a callout began, and how it ended.
enum class CalloutStart : uint32_t {
  Ok = 0,
  MissingHeaders = 1,
  NoCluster = 2,
  DuplicateId = 3,
  NoRequest = 4,
};
enum class CalloutEnd : uint32_t { Ok = 0, Reset = 1, TooLarge = 2 };

/// A filter, or its configuration, as Envoy knows it.
using Filter = void*;
using Config = void*;
/// The part of a cluster that lives in a worker.
using Cluster = void*;
using Balancer = void*;
using Scheduler = void*;

}  // namespace tamis::envoy

extern "C" {

void envoy_dynamic_module_callback_log(uint32_t level, tamis::envoy::Bytes line);
bool envoy_dynamic_module_callback_log_enabled(uint32_t level);

// -- headers: `map` 0 to 3; set and add with an empty value remove and fail.
bool envoy_dynamic_module_callback_http_get_header(tamis::envoy::Filter, uint32_t map,
                                                   tamis::envoy::Bytes name,
                                                   tamis::envoy::Bytes* value, size_t index,
                                                   size_t* count);
size_t envoy_dynamic_module_callback_http_get_headers_size(tamis::envoy::Filter, uint32_t map);
bool envoy_dynamic_module_callback_http_get_headers(tamis::envoy::Filter, uint32_t map,
                                                    tamis::envoy::Header* headers);
bool envoy_dynamic_module_callback_http_add_header(tamis::envoy::Filter, uint32_t map,
                                                   tamis::envoy::Bytes name,
                                                   tamis::envoy::Bytes value);
/// A value without data removes the header.
bool envoy_dynamic_module_callback_http_set_header(tamis::envoy::Filter, uint32_t map,
                                                   tamis::envoy::Bytes name,
                                                   tamis::envoy::Bytes value);

// -- bodies
size_t envoy_dynamic_module_callback_http_get_body_size(tamis::envoy::Filter, tamis::envoy::Body);
size_t envoy_dynamic_module_callback_http_get_body_chunks_size(tamis::envoy::Filter,
                                                               tamis::envoy::Body);
bool envoy_dynamic_module_callback_http_get_body_chunks(tamis::envoy::Filter, tamis::envoy::Body,
                                                        tamis::envoy::Bytes* chunks);
bool envoy_dynamic_module_callback_http_append_body(tamis::envoy::Filter, tamis::envoy::Body,
                                                    tamis::envoy::Bytes bytes);
bool envoy_dynamic_module_callback_http_drain_body(tamis::envoy::Filter, tamis::envoy::Body,
                                                   size_t count);
/// Whether what just came is what was held back.
bool envoy_dynamic_module_callback_http_received_buffered_request_body(tamis::envoy::Filter);
bool envoy_dynamic_module_callback_http_received_buffered_response_body(tamis::envoy::Filter);
uint64_t envoy_dynamic_module_callback_http_get_buffer_limit(tamis::envoy::Filter);

// -- control
void envoy_dynamic_module_callback_http_send_response(tamis::envoy::Filter, uint32_t status,
                                                      tamis::envoy::Header* headers, size_t count,
                                                      tamis::envoy::Bytes body,
                                                      tamis::envoy::Bytes details);
void envoy_dynamic_module_callback_http_filter_continue_decoding(tamis::envoy::Filter);
void envoy_dynamic_module_callback_http_filter_continue_encoding(tamis::envoy::Filter);
void envoy_dynamic_module_callback_http_filter_reset_stream(tamis::envoy::Filter, uint32_t reason,
                                                            tamis::envoy::Bytes details);
void envoy_dynamic_module_callback_http_clear_route_cache(tamis::envoy::Filter);

// -- what is known of a stream: attributes by number
bool envoy_dynamic_module_callback_http_filter_get_attribute_string(tamis::envoy::Filter,
                                                                    uint32_t attribute,
                                                                    tamis::envoy::Bytes* value);
bool envoy_dynamic_module_callback_http_filter_get_attribute_int(tamis::envoy::Filter,
                                                                 uint32_t attribute,
                                                                 uint64_t* value);
bool envoy_dynamic_module_callback_http_filter_get_attribute_bool(tamis::envoy::Filter,
                                                                  uint32_t attribute, bool* value);
bool envoy_dynamic_module_callback_http_set_filter_state_bytes(tamis::envoy::Filter,
                                                               tamis::envoy::Bytes key,
                                                               tamis::envoy::Bytes value);
bool envoy_dynamic_module_callback_http_get_filter_state_bytes(tamis::envoy::Filter,
                                                               tamis::envoy::Bytes key,
                                                               tamis::envoy::Bytes* value);

// -- callouts
tamis::envoy::CalloutStart envoy_dynamic_module_callback_http_filter_http_callout(
    tamis::envoy::Filter, uint64_t* id, tamis::envoy::Bytes cluster, tamis::envoy::Header* headers,
    size_t count, tamis::envoy::Bytes body, uint64_t timeout_ms);

// -- metrics: 0 is success; labels are not used
uint32_t envoy_dynamic_module_callback_http_filter_config_define_counter(tamis::envoy::Config,
                                                                         tamis::envoy::Bytes name,
                                                                         tamis::envoy::Bytes*,
                                                                         size_t, size_t* id);
uint32_t envoy_dynamic_module_callback_http_filter_config_define_gauge(tamis::envoy::Config,
                                                                       tamis::envoy::Bytes name,
                                                                       tamis::envoy::Bytes*, size_t,
                                                                       size_t* id);
uint32_t envoy_dynamic_module_callback_http_filter_config_define_histogram(tamis::envoy::Config,
                                                                           tamis::envoy::Bytes name,
                                                                           tamis::envoy::Bytes*,
                                                                           size_t, size_t* id);
uint32_t envoy_dynamic_module_callback_http_filter_config_increment_counter(tamis::envoy::Config,
                                                                            size_t id,
                                                                            tamis::envoy::Bytes*,
                                                                            size_t, uint64_t by);
uint32_t envoy_dynamic_module_callback_http_filter_config_increment_gauge(tamis::envoy::Config,
                                                                          size_t id,
                                                                          tamis::envoy::Bytes*,
                                                                          size_t, uint64_t by);
uint32_t envoy_dynamic_module_callback_http_filter_config_decrement_gauge(tamis::envoy::Config,
                                                                          size_t id,
                                                                          tamis::envoy::Bytes*,
                                                                          size_t, uint64_t by);
uint32_t envoy_dynamic_module_callback_http_filter_config_set_gauge(tamis::envoy::Config, size_t id,
                                                                    tamis::envoy::Bytes*, size_t,
                                                                    uint64_t value);
uint32_t envoy_dynamic_module_callback_http_filter_config_record_histogram_value(
    tamis::envoy::Config, size_t id, tamis::envoy::Bytes*, size_t, uint64_t value);

// -- clusters, for what filters cannot do: being told in all workers
void envoy_dynamic_module_callback_cluster_pre_init_complete(tamis::envoy::Cluster);
void envoy_dynamic_module_callback_cluster_run_on_all_workers(tamis::envoy::Cluster,
                                                              uint64_t event);
tamis::envoy::Scheduler envoy_dynamic_module_callback_cluster_scheduler_new(tamis::envoy::Cluster);
void envoy_dynamic_module_callback_cluster_scheduler_delete(tamis::envoy::Scheduler);
void envoy_dynamic_module_callback_cluster_scheduler_commit(tamis::envoy::Scheduler,
                                                            uint64_t event);
}

#endif  // TAMIS_BACKEND_ENVOY_ABI_H_
