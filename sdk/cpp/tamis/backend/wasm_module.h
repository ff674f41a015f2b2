// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The exports of a proxy-wasm module: only those of callbacks that the filter overrides, since an
// absent callback costs nothing and a present one costs a crossing.
#ifndef TAMIS_BACKEND_WASM_MODULE_H_
#define TAMIS_BACKEND_WASM_MODULE_H_

#include "tamis/backend/backend.h"
#include "tamis/filter.h"
#include "tamis/memory.h"
#include "tamis/module.h"

#define TAMIS_EXPORT(name) [[gnu::used, clang::export_name(#name)]]

namespace tamis {

/// While it lives, a callback runs; what it took from scratch() is freed at its end.
class Callback {
 public:
  Callback() = default;
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  ~Callback() { scratch().reset(); }
};

inline constinit Contexts contexts_;

/// A filter type, its plugin type, and how their contexts are made and found.
template <class F, class P = tamis::Plugin>
struct Module {
  using Filter = F;
  using Plugin = P;
  struct PluginContext : Context {
    Arena& memory() { return plugin.memory(); }
    P plugin;
  };
  static constexpr bool kTakesPlugin = requires(P& plugin) { F(plugin); };
  struct StreamContext : Context {
    explicit StreamContext(PluginContext&)
      requires(!kTakesPlugin)
    {}
    explicit StreamContext(PluginContext& context)
      requires kTakesPlugin
        : filter(context.plugin) {}
    Arena& memory() { return filter.memory(); }
    F filter;
  };
  /// Neither the filter nor its plugin has members: no contexts need to be kept.
  static constexpr bool kStateless =
      __is_same(P, tamis::Plugin) && !kTakesPlugin && sizeof(F) == sizeof(HttpFilter);

  template <class T, class... Arguments>
  static void create(uint32_t id, Context* parent, Arguments&... arguments) {
    auto* made = new (heap_.allocate(Heap::order_of(sizeof(T))), &heap_) T(arguments...);
    contexts_.insert(made, id, parent);
  }

  template <class T>
  static void destroy(Context* context) {
    auto* made = static_cast<T*>(context);
    Arena& memory = made->memory();
    made->~T();
    memory.reset();
    heap_.release(context, Heap::order_of(sizeof(T)));
  }

  /// Null for a context that is no stream, and for an unknown one.
  [[gnu::noinline]] static StreamContext* stream_of(uint32_t id) {
    Context* context = contexts_.find(id);
    if (context != nullptr && context->parent == nullptr) return nullptr;
    return static_cast<StreamContext*>(context);
  }

  /// Calls act(filter) for a stream, then frees what the callback used. A context that is no
  /// stream (an access logger's) or unknown gets `otherwise`.
  template <class Result, class Act>
  static Result with(uint32_t id, Result otherwise, Act act) {
    const Callback callback;
    if constexpr (kStateless) {
      F filter;
      const Result result = act(filter);
      filter.memory().reset();
      return result;
    } else {
      StreamContext* stream = stream_of(id);
      return stream != nullptr ? act(stream->filter) : otherwise;
    }
  }
};

template <class M, bool wanted>
struct ExportContexts {};
template <class M>
struct ExportContexts<M, true> {
  TAMIS_EXPORT(proxy_on_context_create)
  static void create(uint32_t id, uint32_t parent_id) {
    Context* parent = contexts_.find(parent_id);
    if (parent == nullptr) {
      M::template create<typename M::PluginContext>(id, nullptr);
    } else {
      M::template create<typename M::StreamContext>(
          id, parent, *static_cast<typename M::PluginContext*>(parent));
    }
    scratch().reset();
  }
  TAMIS_EXPORT(proxy_on_delete)
  static void erase(uint32_t id) {
    Context* context = contexts_.take(id);
    if (context == nullptr) return;
    if (context->parent == nullptr) {
      M::template destroy<typename M::PluginContext>(context);
    } else {
      M::template destroy<typename M::StreamContext>(context);
    }
  }
};

template <class M, bool wanted>
struct ExportConfigure {};
template <class M>
struct ExportConfigure<M, true> {
  TAMIS_EXPORT(proxy_on_configure)
  static uint32_t call(uint32_t id, size_t size) {
    const Callback callback;
    auto& plugin = static_cast<typename M::PluginContext*>(contexts_.find(id))->plugin;
    const StringView text = backend::read_buffer(Buffer::PluginConfiguration, 0, size);
    return plugin.configure(plugin.memory().keep(text)) ? 1 : 0;
  }
};

#define TAMIS_HEADERS_CALLBACK(callback, map)                                 \
  template <class M, bool wanted>                                             \
  struct Export_##callback {};                                                \
  template <class M>                                                          \
  struct Export_##callback<M, true> {                                         \
    TAMIS_EXPORT(proxy_##callback)                                            \
    static FilterStatus call(uint32_t id, uint32_t, uint32_t end_of_stream) { \
      return M::with(id, FilterStatus::Continue, [&](auto& filter) {          \
        Headers headers(map);                                                 \
        return filter.callback(headers, end_of_stream != 0);                  \
      });                                                                     \
    }                                                                         \
  };

#define TAMIS_BODY_CALLBACK(callback, buffer)                                  \
  template <class M, bool wanted>                                              \
  struct Export_##callback {};                                                 \
  template <class M>                                                           \
  struct Export_##callback<M, true> {                                          \
    TAMIS_EXPORT(proxy_##callback)                                             \
    static BodyStatus call(uint32_t id, size_t size, uint32_t end_of_stream) { \
      return M::with(id, BodyStatus::Continue, [&](auto& filter) {             \
        Body body(buffer, size);                                               \
        return filter.callback(body, end_of_stream != 0);                      \
      });                                                                      \
    }                                                                          \
  };

#define TAMIS_TRAILERS_CALLBACK(callback, map)                       \
  template <class M, bool wanted>                                    \
  struct Export_##callback {};                                       \
  template <class M>                                                 \
  struct Export_##callback<M, true> {                                \
    TAMIS_EXPORT(proxy_##callback)                                   \
    static FilterStatus call(uint32_t id, uint32_t) {                \
      return M::with(id, FilterStatus::Continue, [&](auto& filter) { \
        Headers trailers(map);                                       \
        return filter.callback(trailers);                            \
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

template <class M, bool wanted>
struct Export_on_log {};
template <class M>
struct Export_on_log<M, true> {
  TAMIS_EXPORT(proxy_on_log)
  static void call(uint32_t id) {
    M::with(id, false, [](auto& filter) { return filter.on_log(), true; });
  }
};

template <class M, bool wanted>
struct Export_on_done {};
template <class M>
struct Export_on_done<M, true> {
  TAMIS_EXPORT(proxy_on_done)
  static uint32_t call(uint32_t id) {
    M::with(id, false, [](auto& filter) { return filter.on_done(), true; });
    return 1;  // nothing is left to wait for
  }
};

}  // namespace tamis

extern "C" {
void __wasm_call_ctors();  // NOLINT(bugprone-reserved-identifier): wasm-ld defines it

TAMIS_EXPORT(proxy_abi_version_0_2_1)
inline void tamis_abi_version() {}

/// The host takes room for what it hands over; only ever during a callback.
TAMIS_EXPORT(malloc)
inline void* tamis_allocate(size_t size) { return tamis::scratch().allocate(size); }

TAMIS_EXPORT(_initialize)
inline void tamis_initialize() { __wasm_call_ctors(); }
}

#define TAMIS_EXPORT_IF_OVERRIDDEN(callback) \
  template struct tamis::Export_##callback<  \
      tamis_module, tamis::kOverridden<decltype(&tamis_module::Filter::callback)>>;

/// Registers a filter, once in a program: TAMIS_HTTP_FILTER(Filter) or
/// TAMIS_HTTP_FILTER(Filter, Plugin). A filter whose constructor takes a Plugin& is given it.
#define TAMIS_HTTP_FILTER(...)                                                       \
  using tamis_module = tamis::Module<__VA_ARGS__>;                                   \
  template struct tamis::ExportContexts<tamis_module, !tamis_module::kStateless>;    \
  template struct tamis::ExportConfigure<                                            \
      tamis_module, tamis::kOverridden<decltype(&tamis_module::Plugin::configure)>>; \
  TAMIS_EXPORT_IF_OVERRIDDEN(on_request_headers)                                     \
  TAMIS_EXPORT_IF_OVERRIDDEN(on_request_body)                                        \
  TAMIS_EXPORT_IF_OVERRIDDEN(on_request_trailers)                                    \
  TAMIS_EXPORT_IF_OVERRIDDEN(on_response_headers)                                    \
  TAMIS_EXPORT_IF_OVERRIDDEN(on_response_body)                                       \
  TAMIS_EXPORT_IF_OVERRIDDEN(on_response_trailers)                                   \
  TAMIS_EXPORT_IF_OVERRIDDEN(on_log)                                                 \
  TAMIS_EXPORT_IF_OVERRIDDEN(on_done)

#endif  // TAMIS_BACKEND_WASM_MODULE_H_
