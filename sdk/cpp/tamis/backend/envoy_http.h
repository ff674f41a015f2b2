// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The Envoy back end: the module, its plugins and streams, and the functions that Envoy calls.
#ifndef TAMIS_BACKEND_ENVOY_HTTP_H_
#define TAMIS_BACKEND_ENVOY_HTTP_H_

#include "tamis/backend/backend.h"
#include "tamis/callout.h"
#include "tamis/filter.h"
#include "tamis/memory.h"
#include "tamis/module.h"

namespace tamis {

/// While it lives, a callback runs. Its end does what was asked for.
class Callback {
 public:
  explicit Callback(backend::Current& current) { backend::current_ = &current; }
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;

  ~Callback() {
    const backend::Pending pending = backend::pending_;
    const envoy::Filter filter = backend::current_->filter;
    backend::pending_ = {};
    backend::current_ = nullptr;
    // Envoy copies what it is given before it calls back.
    if (pending.reply) {
      auto* headers =
          reinterpret_cast<envoy::Header*>(const_cast<Header*>(pending.headers.begin()));
      envoy_dynamic_module_callback_http_send_response(
          filter, pending.status, headers, pending.headers.size(), backend::bytes_of(pending.body),
          backend::bytes_of(pending.details));
    }
    scratch().reset();
    if (pending.reply) return;
    if (pending.close) {
      envoy_dynamic_module_callback_http_filter_reset_stream(filter, 0, {nullptr, 0});
      return;
    }
    if ((pending.resumes & 1) != 0) {
      envoy_dynamic_module_callback_http_filter_continue_decoding(filter);
    }
    if ((pending.resumes & 2) != 0) {
      envoy_dynamic_module_callback_http_filter_continue_encoding(filter);
    }
  }

  /// What Envoy is told: `stopped` when a reply takes the message's place.
  static uint32_t status(uint32_t wanted, uint32_t stopped) {
    return backend::pending_.reply ? stopped : wanted;
  }
};

template <class F, class P = tamis::Plugin>
struct Module {
  using Filter = F;
  struct PluginState {
    backend::Current current;
    P plugin;
  };
  static constexpr bool kTakesPlugin = requires(P& plugin) { F(plugin); };
  struct Stream {
    explicit Stream(PluginState&)
      requires(!kTakesPlugin)
    {}
    explicit Stream(PluginState& state)
      requires kTakesPlugin
        : filter(state.plugin) {}
    backend::Current current;
    F filter;
  };

  static_assert(!__is_base_of(OnCallout, P),
                "tamis: in Envoy's modules a filter asks other services, its plugin cannot");

  template <class T, class... Arguments>
  static T* make(Arguments&... arguments) {
    return new (heap_.allocate(Heap::order_of(sizeof(T))), &heap_) T(arguments...);
  }
  template <class T>
  static void destroy(T* made, Arena& memory) {
    made->~T();
    memory.reset();
    heap_.release(made, Heap::order_of(sizeof(T)));
  }

  static const void* config_new(envoy::Config config, envoy::Bytes text) {
    auto* state = make<PluginState>();
    state->current.config = config;
    bool fine = false;
    {
      const Callback callback(state->current);
      fine = state->plugin.configure(state->plugin.memory().keep({text.data, text.size}));
    }
    if (fine) return state;
    destroy(state, state->plugin.memory());
    return nullptr;
  }
  static void config_destroy(const void* made) {
    auto* state = static_cast<PluginState*>(const_cast<void*>(made));
    destroy(state, state->plugin.memory());
  }

  static const void* stream_new(const void* made, envoy::Filter filter) {
    auto& state = *static_cast<PluginState*>(const_cast<void*>(made));
    auto* stream = make<Stream>(state);
    stream->current.filter = filter;
    stream->current.config = state.current.config;
    return stream;
  }
  static Stream& stream_of(const void* made) {
    return *static_cast<Stream*>(const_cast<void*>(made));
  }
  static void stream_destroy(const void* made) {
    Stream& stream = stream_of(made);
    if constexpr (kOverridden<decltype(&F::on_done)>) {
      const Callback callback(stream.current);
      stream.filter.on_done();
    }
    destroy(&stream, stream.filter.memory());
  }
  static void log(const void* made) {
    if constexpr (kOverridden<decltype(&F::on_log)>) {
      const Callback callback(stream_of(made).current);
      stream_of(made).filter.on_log();
    }
  }

  /// Calls act(filter, headers); a pause stops all there is of the message.
  template <class Act>
  static uint32_t headers(const void* made, Map map, uint32_t pause, Act act) {
    Stream& stream = stream_of(made);
    if (!stream.current.met) return 0;
    const Callback callback(stream.current);
    FilterStatus wanted{};
    {
      Headers headers(map);
      wanted = act(stream.filter, headers);
    }
    return Callback::status(wanted == FilterStatus::Pause ? pause : 0, 1);
  }

  template <class Act>
  static uint32_t body(const void* made, size_t direction, Act act) {
    Stream& stream = stream_of(made);
    if (!stream.current.met) return 0;
    const Callback callback(stream.current);
    stream.current.in_body[direction] = true;
    Body body(direction == 0 ? Buffer::RequestBody : Buffer::ResponseBody,
              backend::body_size(direction));
    const BodyStatus wanted = act(stream.filter, body);
    stream.current.in_body[direction] = false;
    stream.current.holding[direction] = wanted == BodyStatus::Buffer;
    return Callback::status(static_cast<uint32_t>(wanted), 3);
  }

  static void callout(const void* made, uint64_t number, envoy::CalloutEnd end,
                      const envoy::Header* headers, size_t count, const envoy::Bytes* chunks,
                      size_t chunk_count) {
    if constexpr (__is_base_of(OnCallout, F)) {
      Stream& stream = stream_of(made);
      const Callback callback(stream.current);
      size_t size = 0;
      for (size_t at = 0; at < chunk_count; ++at) size += chunks[at].size;
      char* body = scratch().array<char>(size);
      char* to = body;
      for (size_t at = 0; at < chunk_count; ++at)
        to = copy_to(to, {chunks[at].data, chunks[at].size});
      if (end != envoy::CalloutEnd::Ok) count = 0;
      backend::answer_ = {{reinterpret_cast<const Header*>(headers), count}, {body, size}};
      {
        CalloutReply reply(static_cast<uint32_t>(number), count, size);
        stream.filter.on_callout(reply);
      }
      backend::answer_ = {};
    }
  }
};

}  // namespace tamis

#define TAMIS_HOOK(result, name) \
  extern "C" [[gnu::visibility("default")]] result envoy_dynamic_module_on_##name
#define TAMIS_HOOK_HEADERS(name, callback, map)                                                  \
  TAMIS_HOOK(uint32_t, http_filter_##name)(void*, const void* stream, bool end) {                \
    if ((map) == tamis::Map::RequestHeaders) tamis_module::stream_of(stream).current.met = true; \
    if constexpr (!tamis::kOverridden<decltype(&tamis_module::Filter::callback)>) return 0;      \
    return tamis_module::headers(stream, map, 4, [&](auto& filter, auto& headers) {              \
      return filter.callback(headers, end);                                                      \
    });                                                                                          \
  }
#define TAMIS_HOOK_BODY(name, callback, direction)                                                \
  TAMIS_HOOK(uint32_t, http_filter_##name)(void*, const void* stream, bool end) {                 \
    if constexpr (!tamis::kOverridden<decltype(&tamis_module::Filter::callback)>) return 0;       \
    return tamis_module::body(                                                                    \
        stream, direction, [&](auto& filter, auto& body) { return filter.callback(body, end); }); \
  }
#define TAMIS_HOOK_TRAILERS(name, callback, map)                                                  \
  TAMIS_HOOK(uint32_t, http_filter_##name)(void*, const void* stream) {                           \
    if constexpr (!tamis::kOverridden<decltype(&tamis_module::Filter::callback)>) return 0;       \
    return tamis_module::headers(                                                                 \
        stream, map, 1, [&](auto& filter, auto& trailers) { return filter.callback(trailers); }); \
  }

/// Registers a filter, once in a program: TAMIS_HTTP_FILTER(Filter) or
/// TAMIS_HTTP_FILTER(Filter, Plugin). A filter whose constructor takes a Plugin& is given it.
#define TAMIS_HTTP_FILTER(...)                                                                \
  using tamis_module = tamis::Module<__VA_ARGS__>;                                            \
  TAMIS_HOOK(const char*, program_init)() { return tamis::envoy::kAbiVersion; }               \
  TAMIS_HOOK(const void*, http_filter_config_new)                                             \
  (tamis::envoy::Config config, tamis::envoy::Bytes, tamis::envoy::Bytes text) {              \
    return tamis_module::config_new(config, text);                                            \
  }                                                                                           \
  TAMIS_HOOK(void, http_filter_config_destroy)(const void* plugin) {                          \
    tamis_module::config_destroy(plugin);                                                     \
  }                                                                                           \
  TAMIS_HOOK(const void*, http_filter_new)(const void* plugin, tamis::envoy::Filter filter) { \
    return tamis_module::stream_new(plugin, filter);                                          \
  }                                                                                           \
  TAMIS_HOOK(void, http_filter_destroy)(const void* stream) {                                 \
    tamis_module::stream_destroy(stream);                                                     \
  }                                                                                           \
  TAMIS_HOOK_HEADERS(request_headers, on_request_headers, tamis::Map::RequestHeaders)         \
  TAMIS_HOOK_BODY(request_body, on_request_body, 0)                                           \
  TAMIS_HOOK_TRAILERS(request_trailers, on_request_trailers, tamis::Map::RequestTrailers)     \
  TAMIS_HOOK_HEADERS(response_headers, on_response_headers, tamis::Map::ResponseHeaders)      \
  TAMIS_HOOK_BODY(response_body, on_response_body, 1)                                         \
  TAMIS_HOOK_TRAILERS(response_trailers, on_response_trailers, tamis::Map::ResponseTrailers)  \
  TAMIS_HOOK(void, http_filter_stream_complete)(void*, const void* stream) {                  \
    tamis_module::log(stream);                                                                \
  }                                                                                           \
  TAMIS_HOOK(void, http_filter_http_callout_done)                                             \
  (void*, const void* stream, uint64_t number, tamis::envoy::CalloutEnd end,                  \
   const tamis::envoy::Header* headers, size_t count, const tamis::envoy::Bytes* body,        \
   size_t chunks) {                                                                           \
    tamis_module::callout(stream, number, end, headers, count, body, chunks);                 \
  }                                                                                           \
  TAMIS_HOOK(void, http_filter_http_stream_headers)() {}                                      \
  TAMIS_HOOK(void, http_filter_http_stream_data)() {}                                         \
  TAMIS_HOOK(void, http_filter_http_stream_trailers)() {}                                     \
  TAMIS_HOOK(void, http_filter_http_stream_complete)() {}                                     \
  TAMIS_HOOK(void, http_filter_http_stream_reset)() {}                                        \
  TAMIS_HOOK(void, http_filter_scheduled)() {}                                                \
  TAMIS_HOOK(void, http_filter_downstream_above_write_buffer_high_watermark)() {}             \
  TAMIS_HOOK(void, http_filter_downstream_below_write_buffer_low_watermark)() {}

#endif  // TAMIS_BACKEND_ENVOY_HTTP_H_
