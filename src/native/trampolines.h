// From a guest's import to the host function of that name: typed, counted, restricted.
#pragma once

#include <array>
#include <utility>

#include "capabilities.h"
#include "host.h"
#include "hostcalls/buffers.h"
#include "hostcalls/callouts.h"
#include "hostcalls/clock.h"
#include "hostcalls/control.h"
#include "hostcalls/dns.h"
#include "hostcalls/emscripten.h"
#include "hostcalls/foreign.h"
#include "hostcalls/headers.h"
#include "hostcalls/log.h"
#include "hostcalls/metrics.h"
#include "hostcalls/property.h"
#include "hostcalls/queues.h"
#include "hostcalls/shared_data.h"
#include "hostcalls/wasi.h"
#include "wasm_guest.h"

// Every host function that has a behaviour: X(name) each.
// clang-format off: it puts a new indent before every third of them
#define TAMIS_HOSTCALLS(X) \
  X(proxy_log) \
  X(proxy_get_log_level) \
  X(proxy_get_status) \
  X(proxy_get_header_map_value) \
  X(proxy_add_header_map_value) \
  X(proxy_replace_header_map_value) \
  X(proxy_remove_header_map_value) \
  X(proxy_get_header_map_pairs) \
  X(proxy_set_header_map_pairs) \
  X(proxy_get_header_map_size) \
  X(proxy_get_buffer_bytes) \
  X(proxy_get_buffer_status) \
  X(proxy_set_buffer_bytes) \
  X(proxy_get_configuration) \
  X(proxy_send_local_response) \
  X(proxy_continue_stream) \
  X(proxy_continue_request) \
  X(proxy_continue_response) \
  X(proxy_close_stream) \
  X(proxy_clear_route_cache) \
  X(proxy_set_effective_context) \
  X(proxy_done) \
  X(proxy_set_tick_period_milliseconds) \
  X(proxy_define_metric) \
  X(proxy_increment_metric) \
  X(proxy_record_metric) \
  X(proxy_get_metric) \
  X(proxy_get_shared_data) \
  X(proxy_set_shared_data) \
  X(proxy_register_shared_queue) \
  X(proxy_resolve_shared_queue) \
  X(proxy_enqueue_shared_queue) \
  X(proxy_dequeue_shared_queue) \
  X(proxy_http_call) \
  X(proxy_grpc_call) \
  X(proxy_grpc_stream) \
  X(proxy_grpc_send) \
  X(proxy_grpc_close) \
  X(proxy_grpc_cancel) \
  X(proxy_get_current_time_nanoseconds) \
  X(proxy_get_property) \
  X(proxy_set_property) \
  X(proxy_call_foreign_function) \
  X(envoy_resolve_dns) \
  X(pthread_equal) \
  X(emscripten_notify_memory_growth) \
  X(fd_write) \
  X(fd_pwrite) \
  X(fd_fdstat_get) \
  X(fd_fdstat_set_rights) \
  X(fd_allocate) \
  X(fd_datasync) \
  X(fd_sync) \
  X(fd_filestat_set_size) \
  X(fd_filestat_set_times) \
  X(fd_renumber) \
  X(fd_tell) \
  X(fd_readdir) \
  X(path_readlink) \
  X(sock_accept) \
  X(sock_recv) \
  X(sock_send) \
  X(environ_sizes_get) \
  X(environ_get) \
  X(args_sizes_get) \
  X(clock_time_get) \
  X(clock_res_get) \
  X(random_get) \
  X(poll_oneoff) \
  X(proc_exit)
// clang-format on

namespace tamis {

using WasmHost = Host<WasmGuest>;

namespace detail {

template <typename H>
bool may_call(const H& host, const ImportRow& row) {
  if (host.guest.allocating()) return row.in_allocator;
  switch (host.allowed) {
    case Allowed::kAll:
      return true;
    case Allowed::kVmInit:
      return row.in_vm_init;
    case Allowed::kAllocator:
      return row.in_allocator;
    case Allowed::kNothing:
      return false;
  }
  return false;
}

template <typename H>
wasmtime::Trap* trap(H& host, TrapKind kind, std::string_view text) {
  host.guest.fail(kind, host.guest.running(), std::string(text));
  return host.guest.raise(text);
}

// Whether the function's types are the table's, in a guest whose addresses have 32 bits.
template <typename H, typename R, typename... A>
constexpr bool matches(R (*)(H&, A...), const ImportRow& row) {
  if constexpr (sizeof(typename H::Address) != sizeof(uint32_t)) return true;
  constexpr std::array<char, sizeof...(A) + 1> letters{(sizeof(A) == 8 ? 'I' : 'i')..., '\0'};
  return row.params == std::string_view(letters.data(), sizeof...(A)) &&
         row.results.empty() == std::is_void_v<R>;
}

template <typename H, typename R, typename... A, size_t... I>
void apply(R (*function)(H&, A...), H& host, wasmtime::ValRaw* values, std::index_sequence<I...>) {
  if constexpr (std::is_void_v<R>)
    function(host, static_cast<A>(values[I].u64)...);
  else
    values[0].u64 = function(host, static_cast<A>(values[I].u64)...);
}

// Everything around a host function: counting, restrictions, output limits, a broken allocator.
template <typename H, Import kImport, typename Body>
wasmtime::Trap* guarded(void* env, Body&& body) {
  H& host = *static_cast<H*>(env);
  constexpr auto kAt = static_cast<size_t>(kImport);
  ++host.counts.imports[kAt];
  if (host.allowed != Allowed::kAll || host.guest.allocating()) [[unlikely]] {
    if (!may_call(host, kImports[kAt])) return trap(host, TrapKind::kOther, "restricted_callback");
  }
  try {
    body(host);
  } catch (const EnvoyCrash& crash) {
    return trap(host, TrapKind::kOther, crash.what());
  } catch (const std::exception& error) {
    return trap(host, TrapKind::kOutOfMemory, error.what());
  }
  if (host.guest.failed()) [[unlikely]]
    return host.guest.raise("allocator failed");
  return nullptr;
}

// Counts a status that says no. WASI has statuses of its own, and the C library's helpers none.
template <Import kImport, typename H>
void note_status(H& host, uint32_t status) {
  constexpr ImportRow kRow = kImports[static_cast<size_t>(kImport)];
  if constexpr (!kRow.wasi && !kRow.results.empty() && kImport != Import::pthread_equal) {
    if (status != kOk && status <= kUnimplemented) [[unlikely]]
      ++host.counts.failed[static_cast<size_t>(kImport)][status];
  }
}

template <typename H, Import kImport, auto kFunction>
struct Bound;

template <typename H, Import kImport, typename R, typename... A, R (*kFunction)(H&, A...)>
struct Bound<H, kImport, kFunction> {
  static wasmtime::Trap* call(void* env, wasmtime::Caller*, wasmtime::ValRaw* values, size_t) {
    static_assert(matches(kFunction, kImports[static_cast<size_t>(kImport)]),
                  "types differ from abi.json");
    return guarded<H, kImport>(env, [&](H& host) {
      apply(kFunction, host, values, std::index_sequence_for<A...>{});
      note_status<kImport>(host, values[0].u32);
    });
  }
};

// WASI functions without a behaviour answer a constant; all else is not implemented yet, says so
// to the guest and is reported by name.
template <typename H, Import kImport>
wasmtime::Trap* unbound(void* env, wasmtime::Caller*, wasmtime::ValRaw* values, size_t) {
  return guarded<H, kImport>(env, [&](H& host) {
    constexpr auto kAt = static_cast<size_t>(kImport);
    if constexpr (kImports[kAt].wasi) {
      values[0].u64 = hostcalls::wasi_constant(kImport);
    } else {
      host.counts.unimplemented[kAt] = true;
      values[0].u64 = kUnimplemented;
    }
  });
}

// A host function that the plugin may not use.
template <typename H, Import kImport>
wasmtime::Trap* denied(void* env, wasmtime::Caller*, wasmtime::ValRaw* values, size_t) {
  return guarded<H, kImport>(env, [&](H& host) {
    if constexpr (!kImports[static_cast<size_t>(kImport)].results.empty())
      values[0].u64 = Capabilities::refusal(kImport);
    note_status<kImport>(host, values[0].u32);
  });
}

template <typename H, size_t... I>
constexpr std::array<wasmtime::Callback, kImports.size()> denied_table(std::index_sequence<I...>) {
  return {&denied<H, static_cast<Import>(I)>...};
}

template <typename H, size_t... I>
constexpr std::array<wasmtime::Callback, kImports.size()> unbound_table(std::index_sequence<I...>) {
  return {&unbound<H, static_cast<Import>(I)>...};
}

template <typename H>
constexpr std::array<wasmtime::Callback, kImports.size()> make_table() {
  auto table = unbound_table<H>(std::make_index_sequence<kImports.size()>{});
#define TAMIS_BIND(name) \
  table[static_cast<size_t>(Import::name)] = &Bound<H, Import::name, &hostcalls::name<H>>::call;
  TAMIS_HOSTCALLS(TAMIS_BIND)
#undef TAMIS_BIND
  return table;
}

}  // namespace detail

// By Import: what an engine calls, with an H* as its environment.
template <typename H>
inline constexpr auto kTrampolines = detail::make_table<H>();
// The same for host functions that the plugin may not use.
template <typename H>
inline constexpr auto kDenied =
    detail::denied_table<H>(std::make_index_sequence<kImports.size()>{});

}  // namespace tamis
