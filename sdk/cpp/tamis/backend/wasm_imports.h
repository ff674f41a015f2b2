// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The host functions of proxy-wasm 0.2.1; a module imports those that it calls. Each returns a
// status, 0 when it did what it was asked.
#ifndef TAMIS_BACKEND_WASM_IMPORTS_H_
#define TAMIS_BACKEND_WASM_IMPORTS_H_

#include "tamis/backend/linkage.h"
#include "tamis/types.h"

extern "C" {
TAMIS_IMPORT(proxy_log)
uint32_t proxy_log(tamis::Level level, const char* line, size_t size);
TAMIS_IMPORT(proxy_get_header_map_pairs)
uint32_t proxy_get_header_map_pairs(tamis::Map map, const char** pairs, size_t* size);
TAMIS_IMPORT(proxy_set_header_map_pairs)
uint32_t proxy_set_header_map_pairs(tamis::Map map, const char* pairs, size_t size);
TAMIS_IMPORT(proxy_add_header_map_value)
uint32_t proxy_add_header_map_value(tamis::Map map, const char* name, size_t name_size,
                                    const char* value, size_t value_size);
TAMIS_IMPORT(proxy_replace_header_map_value)
uint32_t proxy_replace_header_map_value(tamis::Map map, const char* name, size_t name_size,
                                        const char* value, size_t value_size);
TAMIS_IMPORT(proxy_remove_header_map_value)
uint32_t proxy_remove_header_map_value(tamis::Map map, const char* name, size_t name_size);
TAMIS_IMPORT(proxy_get_buffer_bytes)
uint32_t proxy_get_buffer_bytes(tamis::Buffer buffer, size_t start, size_t count,
                                const char** bytes, size_t* size);
TAMIS_IMPORT(proxy_get_buffer_status)
uint32_t proxy_get_buffer_status(tamis::Buffer buffer, size_t* size, uint32_t* flags);
TAMIS_IMPORT(proxy_set_buffer_bytes)
uint32_t proxy_set_buffer_bytes(tamis::Buffer buffer, size_t start, size_t count, const char* bytes,
                                size_t size);
TAMIS_IMPORT(proxy_get_property)
uint32_t proxy_get_property(const char* path, size_t path_size, const char** value, size_t* size);
TAMIS_IMPORT(proxy_set_property)
uint32_t proxy_set_property(const char* path, size_t path_size, const char* value, size_t size);
TAMIS_IMPORT(proxy_send_local_response)
uint32_t proxy_send_local_response(uint32_t status, const char* details, size_t details_size,
                                   const char* body, size_t body_size, const char* headers,
                                   size_t headers_size, int32_t grpc_status);
TAMIS_IMPORT(proxy_get_current_time_nanoseconds)
uint32_t proxy_get_current_time_nanoseconds(uint64_t* now);
TAMIS_IMPORT(proxy_continue_stream)
uint32_t proxy_continue_stream(tamis::Half half);
TAMIS_IMPORT(proxy_close_stream)
uint32_t proxy_close_stream(tamis::Half half);
TAMIS_IMPORT(proxy_set_effective_context)
uint32_t proxy_set_effective_context(uint32_t id);

TAMIS_IMPORT(proxy_http_call)
uint32_t proxy_http_call(const char* cluster, size_t cluster_size, const char* headers,
                         size_t headers_size, const char* body, size_t body_size,
                         const char* trailers, size_t trailers_size, uint32_t timeout_ms,
                         uint32_t* call);
TAMIS_IMPORT(proxy_grpc_call)
uint32_t proxy_grpc_call(const char* cluster, size_t cluster_size, const char* service,
                         size_t service_size, const char* method, size_t method_size,
                         const char* metadata, size_t metadata_size, const char* message,
                         size_t message_size, uint32_t timeout_ms, uint32_t* call);
TAMIS_IMPORT(proxy_grpc_stream)
uint32_t proxy_grpc_stream(const char* cluster, size_t cluster_size, const char* service,
                           size_t service_size, const char* method, size_t method_size,
                           const char* metadata, size_t metadata_size, uint32_t* stream);
TAMIS_IMPORT(proxy_grpc_send)
uint32_t proxy_grpc_send(uint32_t stream, const char* message, size_t size, uint32_t last);
TAMIS_IMPORT(proxy_grpc_close)
uint32_t proxy_grpc_close(uint32_t stream);
TAMIS_IMPORT(proxy_grpc_cancel)
uint32_t proxy_grpc_cancel(uint32_t stream);
TAMIS_IMPORT(proxy_get_status)
uint32_t proxy_get_status(uint32_t* code, const char** message, size_t* size);

TAMIS_IMPORT(proxy_define_metric)
uint32_t proxy_define_metric(tamis::Metric kind, const char* name, size_t size, uint32_t* id);
TAMIS_IMPORT(proxy_increment_metric)
uint32_t proxy_increment_metric(uint32_t id, int64_t difference);
TAMIS_IMPORT(proxy_record_metric)
uint32_t proxy_record_metric(uint32_t id, uint64_t value);
TAMIS_IMPORT(proxy_get_metric)
uint32_t proxy_get_metric(uint32_t id, uint64_t* value);

TAMIS_IMPORT(proxy_get_shared_data)
uint32_t proxy_get_shared_data(const char* key, size_t key_size, const char** value, size_t* size,
                               uint32_t* version);
TAMIS_IMPORT(proxy_set_shared_data)
uint32_t proxy_set_shared_data(const char* key, size_t key_size, const char* value, size_t size,
                               uint32_t version);
TAMIS_IMPORT(proxy_register_shared_queue)
uint32_t proxy_register_shared_queue(const char* name, size_t size, uint32_t* queue);
TAMIS_IMPORT(proxy_resolve_shared_queue)
uint32_t proxy_resolve_shared_queue(const char* vm_id, size_t vm_id_size, const char* name,
                                    size_t size, uint32_t* queue);
TAMIS_IMPORT(proxy_enqueue_shared_queue)
uint32_t proxy_enqueue_shared_queue(uint32_t queue, const char* message, size_t size);
TAMIS_IMPORT(proxy_dequeue_shared_queue)
uint32_t proxy_dequeue_shared_queue(uint32_t queue, const char** message, size_t* size);

TAMIS_IMPORT(proxy_set_tick_period_milliseconds)
uint32_t proxy_set_tick_period_milliseconds(uint32_t milliseconds);
TAMIS_IMPORT(proxy_call_foreign_function)
uint32_t proxy_call_foreign_function(const char* name, size_t name_size, const char* arguments,
                                     size_t size, const char** result, size_t* result_size);
}

#endif  // TAMIS_BACKEND_WASM_IMPORTS_H_
