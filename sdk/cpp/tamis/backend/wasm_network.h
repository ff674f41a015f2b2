// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The exports of a filter of connections.
#ifndef TAMIS_BACKEND_WASM_NETWORK_H_
#define TAMIS_BACKEND_WASM_NETWORK_H_

#include "tamis/backend/wasm_answers.h"
#include "tamis/backend/wasm_module.h"
#include "tamis/network_filter.h"

namespace tamis {

template <class M, bool wanted>
struct Export_on_new_connection {};
template <class M>
struct Export_on_new_connection<M, true> {
  TAMIS_EXPORT(proxy_on_new_connection)
  static FilterStatus call(uint32_t id) {
    TAMIS_SYMBOL(proxy_on_new_connection, call);
    return M::with(id, FilterStatus::Continue, [](auto& filter) {
      TAMIS_INLINED return filter.M::Filter::on_new_connection();
    });
  }
};

#define TAMIS_DATA_CALLBACK(callback, buffer)                                      \
  template <class M, bool wanted>                                                  \
  struct Export_##callback {};                                                     \
  template <class M>                                                               \
  struct Export_##callback<M, true> {                                              \
    TAMIS_EXPORT(proxy_##callback)                                                 \
    static FilterStatus call(uint32_t id, size_t size, uint32_t end_of_stream) {   \
      TAMIS_SYMBOL(proxy_##callback, call);                                        \
      return M::with(id, FilterStatus::Continue, [&](auto& filter) {               \
        Body data(buffer, size);                                                   \
        TAMIS_INLINED return filter.M::Filter::callback(data, end_of_stream != 0); \
      });                                                                          \
    }                                                                              \
  };

#define TAMIS_CLOSE_CALLBACK(callback, name)                                                     \
  template <class M, bool wanted>                                                                \
  struct Export_##callback {};                                                                   \
  template <class M>                                                                             \
  struct Export_##callback<M, true> {                                                            \
    TAMIS_EXPORT(proxy_on_##name##_connection_close)                                             \
    static void call(uint32_t id, Peer by) {                                                     \
      TAMIS_SYMBOL(proxy_on_##name##_connection_close, call);                                    \
      M::with(id, false,                                                                         \
              [&](auto& filter) { TAMIS_INLINED return filter.M::Filter::callback(by), true; }); \
    }                                                                                            \
  };

TAMIS_DATA_CALLBACK(on_downstream_data, Buffer::DownstreamData)
TAMIS_DATA_CALLBACK(on_upstream_data, Buffer::UpstreamData)
TAMIS_CLOSE_CALLBACK(on_downstream_close, downstream)
TAMIS_CLOSE_CALLBACK(on_upstream_close, upstream)

#undef TAMIS_DATA_CALLBACK
#undef TAMIS_CLOSE_CALLBACK

}  // namespace tamis

/// As TAMIS_HTTP_FILTER, of a NetworkFilter.
#define TAMIS_NETWORK_FILTER(...)                 \
  TAMIS_FILTER(__VA_ARGS__)                       \
  TAMIS_EXPORT_IF_OVERRIDDEN(on_new_connection)   \
  TAMIS_EXPORT_IF_OVERRIDDEN(on_downstream_data)  \
  TAMIS_EXPORT_IF_OVERRIDDEN(on_upstream_data)    \
  TAMIS_EXPORT_IF_OVERRIDDEN(on_downstream_close) \
  TAMIS_EXPORT_IF_OVERRIDDEN(on_upstream_close)

#endif  // TAMIS_BACKEND_WASM_NETWORK_H_
