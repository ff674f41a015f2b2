// The host functions a probe may call. PROBER_ABI: 010, 020 or 021; PROBER_WASI: WASI's as well, of
// this module; Envoy before 1.39 does not have them all.
#pragma once

typedef unsigned int u32;
typedef unsigned long long u64;
#define IMPORT(name) __attribute__((import_module("env"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

#ifndef PROBER_ABI
#define PROBER_ABI 021
#endif
#if PROBER_ABI == 010
EXPORT(proxy_abi_version_0_1_0) void abi(void) {}
#elif PROBER_ABI == 020
EXPORT(proxy_abi_version_0_2_0) void abi(void) {}
#else
EXPORT(proxy_abi_version_0_2_1) void abi(void) {}
#endif

IMPORT(proxy_log) u32 proxy_log(u32, const char*, u32);
IMPORT(proxy_get_buffer_bytes) u32 proxy_get_buffer_bytes(u32, u32, u32, char**, u32*);

// Kinds of arguments: w a word, W a long one, s a text (address, size); answers: o a word, q a long
// one, O a text (where its address goes, where its size goes), v a text as the one of a list of
// pieces (its address, their number); answers also: z where a text goes that ends with a zero.
// `spread` calls functions whose words are of several sizes.
struct Function {
  const char* name;
  const char* kinds;
  void (*call)(void);
  u32 (*spread)(const u64* words);
};

#define A1 u32
#define A2 u32, u32
#define A3 u32, u32, u32
#define A4 u32, u32, u32, u32
#define A5 A3, A2
#define A6 A3, A3
#define A8 A5, A3
#define A9 A5, A4
#define A10 A5, A5
#define A12 A6, A6

#define USE(name, arguments) IMPORT(proxy_##name) u32 proxy_##name(arguments);
USE(get_status, A3)
USE(set_property, A4)
USE(get_property, A4)
USE(send_local_response, A8)
USE(get_shared_data, A5)
USE(set_shared_data, A5)
USE(register_shared_queue, A3)
USE(resolve_shared_queue, A5)
USE(dequeue_shared_queue, A3)
USE(enqueue_shared_queue, A3)
USE(get_header_map_value, A5)
USE(add_header_map_value, A5)
USE(replace_header_map_value, A5)
USE(remove_header_map_value, A3)
USE(get_header_map_pairs, A3)
USE(set_header_map_pairs, A3)
USE(get_header_map_size, A2)
USE(get_buffer_status, A3)
USE(set_buffer_bytes, A5)
USE(http_call, A10)
USE(grpc_call, A12)
USE(grpc_stream, A9)
USE(grpc_close, A1)
USE(grpc_cancel, A1)
USE(grpc_send, A4)
USE(set_tick_period_milliseconds, A1)
USE(get_current_time_nanoseconds, A1)
USE(define_metric, A4)
IMPORT(proxy_increment_metric) u32 proxy_increment_metric(u32, u64);
IMPORT(proxy_record_metric) u32 proxy_record_metric(u32, u64);
USE(get_metric, A2)
USE(set_effective_context, A1)
USE(done, void)
USE(call_foreign_function, A6)
IMPORT(envoy_resolve_dns) u32 envoy_resolve_dns(u32, u32, u32);
#if PROBER_ABI == 010
USE(get_configuration, A2)
USE(continue_request, void)
USE(continue_response, void)
USE(clear_route_cache, void)
#else
USE(continue_stream, A1)
USE(close_stream, A1)
#endif
#if PROBER_ABI == 021
USE(get_log_level, A1)
#endif

#ifdef PROBER_WASI
#define TEXT_OF(name) #name
#define TEXT(name) TEXT_OF(name)
#define WASI_MODULE TEXT(PROBER_WASI)
#include "prober_wasi.h"  // made by guests.py of abi.json
#endif

#define ROW(name, kinds) {#name, kinds, (void (*)(void))proxy_##name}
static const struct Function kFunctions[] = {
    {"proxy_log", "ws", (void (*)(void))proxy_log},
    {"get_buffer_bytes", "wwwO", (void (*)(void))proxy_get_buffer_bytes},
    {"resolve_dns", "so", (void (*)(void))envoy_resolve_dns},
    ROW(get_status, "oO"),
    ROW(set_property, "ss"),
    ROW(get_property, "sO"),
    ROW(send_local_response, "wsssw"),
    ROW(get_shared_data, "sOo"),
    ROW(set_shared_data, "ssw"),
    ROW(register_shared_queue, "so"),
    ROW(resolve_shared_queue, "sso"),
    ROW(dequeue_shared_queue, "wO"),
    ROW(enqueue_shared_queue, "ws"),
    ROW(get_header_map_value, "wsO"),
    ROW(add_header_map_value, "wss"),
    ROW(replace_header_map_value, "wss"),
    ROW(remove_header_map_value, "ws"),
    ROW(get_header_map_pairs, "wO"),
    ROW(set_header_map_pairs, "ws"),
    ROW(get_header_map_size, "wo"),
    ROW(get_buffer_status, "woo"),
    ROW(set_buffer_bytes, "wwws"),
    ROW(http_call, "sssswo"),
    ROW(grpc_call, "ssssswo"),
    ROW(grpc_stream, "sssso"),
    ROW(grpc_close, "w"),
    ROW(grpc_cancel, "w"),
    ROW(grpc_send, "wsw"),
    ROW(set_tick_period_milliseconds, "w"),
    ROW(get_current_time_nanoseconds, "q"),
    ROW(define_metric, "wso"),
    ROW(increment_metric, "wW"),
    ROW(record_metric, "wW"),
    ROW(get_metric, "wq"),
    ROW(set_effective_context, "w"),
    ROW(done, ""),
    ROW(call_foreign_function, "ssO"),
#if PROBER_ABI == 010
    ROW(get_configuration, "O"),
    ROW(continue_request, ""),
    ROW(continue_response, ""),
    ROW(clear_route_cache, ""),
#else
    ROW(continue_stream, "w"),
    ROW(close_stream, "w"),
#endif
#if PROBER_ABI == 021
    ROW(get_log_level, "o"),
#endif
#ifdef PROBER_WASI
    WASI_ROWS
#endif
};

// WebAssembly checks the type of what is called: one cast for each number of words.
static u32 dispatch(const struct Function* function, const u64* w) {
  if (function->spread) return function->spread(w);
  u32 words = 0;
  int wide = 0;
  for (const char* kind = function->kinds; *kind; kind++) {
    words += *kind == 's' || *kind == 'O' ? 2 : 1;
    wide |= *kind == 'W';
  }
  void (*call)(void) = function->call;
#define I(n) (u32) w[n]
  if (wide) return ((u32 (*)(u32, u64))call)(I(0), w[1]);
  switch (words) {
    case 0:
      return ((u32 (*)(void))call)();
    case 1:
      return ((u32 (*)(A1))call)(I(0));
    case 2:
      return ((u32 (*)(A2))call)(I(0), I(1));
    case 3:
      return ((u32 (*)(A3))call)(I(0), I(1), I(2));
    case 4:
      return ((u32 (*)(A4))call)(I(0), I(1), I(2), I(3));
    case 5:
      return ((u32 (*)(A5))call)(I(0), I(1), I(2), I(3), I(4));
    case 6:
      return ((u32 (*)(A6))call)(I(0), I(1), I(2), I(3), I(4), I(5));
    case 8:
      return ((u32 (*)(A8))call)(I(0), I(1), I(2), I(3), I(4), I(5), I(6), I(7));
    case 9:
      return ((u32 (*)(A9))call)(I(0), I(1), I(2), I(3), I(4), I(5), I(6), I(7), I(8));
    case 10:
      return ((u32 (*)(A10))call)(I(0), I(1), I(2), I(3), I(4), I(5), I(6), I(7), I(8), I(9));
    case 12:
      return ((u32 (*)(A12))call)(I(0), I(1), I(2), I(3), I(4), I(5), I(6), I(7), I(8), I(9), I(10),
                                  I(11));
  }
#undef I
  return 99;
}
