// From a WebAssembly import to the host function of that name: typed, counted, restricted.
#pragma once

#include <array>
#include <utility>

#include "host.h"
#include "hostcalls/buffers.h"
#include "hostcalls/clock.h"
#include "hostcalls/control.h"
#include "hostcalls/emscripten.h"
#include "hostcalls/headers.h"
#include "hostcalls/log.h"
#include "hostcalls/property.h"
#include "hostcalls/wasi.h"
#include "wasm_guest.h"

namespace tamis {

using WasmHost = Host<WasmGuest>;

namespace detail {

inline bool may_call(const WasmHost& host, const ImportRow& row) {
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

inline wasmtime::Trap* trap(WasmHost& host, TrapKind kind, std::string_view text) {
  host.guest.fail(kind, host.guest.running(), std::string(text));
  return host.guest.api().trap_new(text.data(), text.size());
}

// The types of a host function, to hold against the table.
template <typename T>
constexpr char letter() {
  return sizeof(T) == 8 ? 'I' : 'i';
}

template <typename R, typename... A>
constexpr bool matches(R (*)(WasmHost&, A...), const ImportRow& row) {
  constexpr std::array<char, sizeof...(A) + 1> letters{letter<A>()..., '\0'};
  return row.params == std::string_view(letters.data(), sizeof...(A)) &&
         row.results.empty() == std::is_void_v<R>;
}

template <typename R, typename... A, size_t... I>
void apply(R (*function)(WasmHost&, A...), WasmHost& host, wasmtime::ValRaw* values,
           std::index_sequence<I...>) {
  if constexpr (std::is_void_v<R>)
    function(host, static_cast<A>(values[I].u64)...);
  else
    values[0].u64 = function(host, static_cast<A>(values[I].u64)...);
}

template <typename R, typename... A>
void apply(R (*function)(WasmHost&, A...), WasmHost& host, wasmtime::ValRaw* values) {
  apply(function, host, values, std::index_sequence_for<A...>{});
}

// Everything around a host function: counting, restrictions, output limits, a broken allocator.
template <Import kImport, typename Body>
wasmtime::Trap* guarded(void* env, Body&& body) {
  WasmHost& host = *static_cast<WasmHost*>(env);
  constexpr auto kAt = static_cast<size_t>(kImport);
  ++host.counts.imports[kAt];
  if (host.allowed != Allowed::kAll || host.guest.allocating()) [[unlikely]] {
    if (!may_call(host, kImports[kAt])) return trap(host, TrapKind::kOther, "restricted_callback");
  }
  try {
    body(host);
  } catch (const std::exception& error) {
    return trap(host, TrapKind::kOutOfMemory, error.what());
  }
  if (host.guest.failed()) [[unlikely]]
    return host.guest.api().trap_new("allocator failed", 16);
  return nullptr;
}

template <Import kImport, auto kFunction>
wasmtime::Trap* bound(void* env, wasmtime::Caller*, wasmtime::ValRaw* values, size_t) {
  static_assert(matches(kFunction, kImports[static_cast<size_t>(kImport)]),
                "types differ from abi.json");
  return guarded<kImport>(env, [&](WasmHost& host) { apply(kFunction, host, values); });
}

// WASI functions without a behaviour answer a constant; all else is not implemented yet, says so
// to the guest and is reported by name.
template <Import kImport>
wasmtime::Trap* unbound(void* env, wasmtime::Caller*, wasmtime::ValRaw* values, size_t) {
  return guarded<kImport>(env, [&](WasmHost& host) {
    constexpr auto kAt = static_cast<size_t>(kImport);
    if constexpr (kImports[kAt].wasi) {
      values[0].u64 = hostcalls::wasi_constant(kImport);
    } else {
      host.counts.unimplemented[kAt] = true;
      values[0].u64 = kUnimplemented;
    }
  });
}

template <size_t... I>
constexpr std::array<wasmtime::Callback, kImports.size()> unbound_table(std::index_sequence<I...>) {
  return {&unbound<static_cast<Import>(I)>...};
}

constexpr std::array<wasmtime::Callback, kImports.size()> make_table() {
  auto table = unbound_table(std::make_index_sequence<kImports.size()>{});
#define TAMIS_BIND(name) \
  table[static_cast<size_t>(Import::name)] = &bound<Import::name, &hostcalls::name<WasmHost>>;
  TAMIS_BIND(proxy_log)
  TAMIS_BIND(proxy_get_log_level)
  TAMIS_BIND(proxy_get_status)
  TAMIS_BIND(proxy_get_header_map_value)
  TAMIS_BIND(proxy_add_header_map_value)
  TAMIS_BIND(proxy_replace_header_map_value)
  TAMIS_BIND(proxy_remove_header_map_value)
  TAMIS_BIND(proxy_get_header_map_pairs)
  TAMIS_BIND(proxy_set_header_map_pairs)
  TAMIS_BIND(proxy_get_header_map_size)
  TAMIS_BIND(proxy_get_buffer_bytes)
  TAMIS_BIND(proxy_get_buffer_status)
  TAMIS_BIND(proxy_set_buffer_bytes)
  TAMIS_BIND(proxy_get_configuration)
  TAMIS_BIND(proxy_send_local_response)
  TAMIS_BIND(proxy_continue_stream)
  TAMIS_BIND(proxy_continue_request)
  TAMIS_BIND(proxy_continue_response)
  TAMIS_BIND(proxy_close_stream)
  TAMIS_BIND(proxy_clear_route_cache)
  TAMIS_BIND(proxy_set_effective_context)
  TAMIS_BIND(proxy_done)
  TAMIS_BIND(proxy_get_current_time_nanoseconds)
  TAMIS_BIND(proxy_get_property)
  TAMIS_BIND(proxy_set_property)
  TAMIS_BIND(pthread_equal)
  TAMIS_BIND(emscripten_notify_memory_growth)
  TAMIS_BIND(fd_write)
  TAMIS_BIND(fd_pwrite)
  TAMIS_BIND(fd_fdstat_get)
  TAMIS_BIND(fd_fdstat_set_rights)
  TAMIS_BIND(fd_allocate)
  TAMIS_BIND(fd_datasync)
  TAMIS_BIND(fd_sync)
  TAMIS_BIND(fd_filestat_set_size)
  TAMIS_BIND(fd_filestat_set_times)
  TAMIS_BIND(fd_renumber)
  TAMIS_BIND(fd_tell)
  TAMIS_BIND(fd_readdir)
  TAMIS_BIND(path_readlink)
  TAMIS_BIND(sock_accept)
  TAMIS_BIND(sock_recv)
  TAMIS_BIND(sock_send)
  TAMIS_BIND(environ_sizes_get)
  TAMIS_BIND(environ_get)
  TAMIS_BIND(args_sizes_get)
  TAMIS_BIND(clock_time_get)
  TAMIS_BIND(clock_res_get)
  TAMIS_BIND(random_get)
  TAMIS_BIND(poll_oneoff)
  TAMIS_BIND(proc_exit)
#undef TAMIS_BIND
  return table;
}

}  // namespace detail

// By Import: what wasmtime calls, with a WasmHost* as its environment.
inline constexpr auto kTrampolines = detail::make_table();

}  // namespace tamis
