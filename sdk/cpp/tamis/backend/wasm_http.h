// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The exports of an HTTP filter.
#ifndef TAMIS_BACKEND_WASM_HTTP_H_
#define TAMIS_BACKEND_WASM_HTTP_H_

#include "tamis/backend/wasm_answers.h"
#include "tamis/backend/wasm_module.h"
#include "tamis/filter.h"

namespace tamis {

#define TAMIS_HEADERS_CALLBACK(callback, map)                                         \
  template <class M, bool wanted>                                                     \
  struct Export_##callback {};                                                        \
  template <class M>                                                                  \
  struct Export_##callback<M, true> {                                                 \
    TAMIS_EXPORT(proxy_##callback)                                                    \
    static FilterStatus call(uint32_t id, uint32_t, uint32_t end_of_stream) {         \
      TAMIS_SYMBOL(proxy_##callback, call);                                           \
      return M::with(id, FilterStatus::Continue, [&](auto& filter) {                  \
        Headers headers(map);                                                         \
        TAMIS_INLINED return filter.M::Filter::callback(headers, end_of_stream != 0); \
      });                                                                             \
    }                                                                                 \
  };

#define TAMIS_BODY_CALLBACK(callback, buffer)                                      \
  template <class M, bool wanted>                                                  \
  struct Export_##callback {};                                                     \
  template <class M>                                                               \
  struct Export_##callback<M, true> {                                              \
    TAMIS_EXPORT(proxy_##callback)                                                 \
    static BodyStatus call(uint32_t id, size_t size, uint32_t end_of_stream) {     \
      TAMIS_SYMBOL(proxy_##callback, call);                                        \
      return M::with(id, BodyStatus::Continue, [&](auto& filter) {                 \
        Body body(buffer, size);                                                   \
        TAMIS_INLINED return filter.M::Filter::callback(body, end_of_stream != 0); \
      });                                                                          \
    }                                                                              \
  };

#define TAMIS_TRAILERS_CALLBACK(callback, map)                       \
  template <class M, bool wanted>                                    \
  struct Export_##callback {};                                       \
  template <class M>                                                 \
  struct Export_##callback<M, true> {                                \
    TAMIS_EXPORT(proxy_##callback)                                   \
    static FilterStatus call(uint32_t id, uint32_t) {                \
      TAMIS_SYMBOL(proxy_##callback, call);                          \
      return M::with(id, FilterStatus::Continue, [&](auto& filter) { \
        Headers trailers(map);                                       \
        TAMIS_INLINED return filter.M::Filter::callback(trailers);   \
      });                                                            \
    }                                                                \
  };

TAMIS_HEADERS_CALLBACK(on_request_headers, Map::RequestHeaders)
TAMIS_HEADERS_CALLBACK(on_response_headers, Map::ResponseHeaders)
TAMIS_BODY_CALLBACK(on_request_body, Buffer::RequestBody)
TAMIS_BODY_CALLBACK(on_response_body, Buffer::ResponseBody)
TAMIS_TRAILERS_CALLBACK(on_request_trailers, Map::RequestTrailers)
TAMIS_TRAILERS_CALLBACK(on_response_trailers, Map::ResponseTrailers)

#undef TAMIS_HEADERS_CALLBACK
#undef TAMIS_BODY_CALLBACK
#undef TAMIS_TRAILERS_CALLBACK

}  // namespace tamis

/// Registers a filter, once in a program: TAMIS_HTTP_FILTER(Filter) or
/// TAMIS_HTTP_FILTER(Filter, Plugin). A filter whose constructor takes a Plugin& is given it.
#define TAMIS_HTTP_FILTER(...)                    \
  TAMIS_FILTER(__VA_ARGS__)                       \
  TAMIS_EXPORT_IF_OVERRIDDEN(on_request_headers)  \
  TAMIS_EXPORT_IF_OVERRIDDEN(on_request_body)     \
  TAMIS_EXPORT_IF_OVERRIDDEN(on_request_trailers) \
  TAMIS_EXPORT_IF_OVERRIDDEN(on_response_headers) \
  TAMIS_EXPORT_IF_OVERRIDDEN(on_response_body)    \
  TAMIS_EXPORT_IF_OVERRIDDEN(on_response_trailers)

#endif  // TAMIS_BACKEND_WASM_HTTP_H_
