// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A proxy-wasm module: its contexts, and the exports of plugins. Only callbacks that are overridden
// are exported, since an absent callback costs nothing and a present one costs a crossing.
#ifndef TAMIS_BACKEND_WASM_MODULE_H_
#define TAMIS_BACKEND_WASM_MODULE_H_

#include "tamis/backend/backend.h"
#include "tamis/backend/linkage.h"
#include "tamis/callout.h"
#include "tamis/grpc.h"
#include "tamis/memory.h"
#include "tamis/module.h"
#include "tamis/queue.h"
#include "tamis/tick.h"

/// Of the one call of a callback. A function by itself would stay in the module's table once more,
/// for calls through the class that nobody makes.
#define TAMIS_INLINED [[clang::always_inline]]

namespace tamis {

inline constinit Numbers contexts_;
inline constinit Numbers awaited_;

/// The context whose callback runs.
inline constinit uint32_t current_ = 0;

/// While it lives, a callback runs; what it took from scratch() is freed at its end.
class Callback {
 public:
  explicit Callback(uint32_t id) { current_ = id; }
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  ~Callback() { backend::end_callback(); }
};

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

  /// What somebody waits for.
  template <class Answer>
  static constexpr bool kAwaits = __is_base_of(Answer, F) || __is_base_of(Answer, P);
  static constexpr bool kAnswers = kAwaits<OnCallout> || kAwaits<OnGrpc>;

  /// Neither the filter nor its plugin has members: no contexts need to be kept.
  static constexpr bool kStateless =
      __is_same(P, tamis::Plugin) && !kTakesPlugin && sizeof(F) == sizeof(HttpFilter);

  template <class T, class... Arguments>
  static void create(uint32_t id, Context* parent, Arguments&... arguments) {
    auto* made = new (heap_.allocate(Heap::order_of(sizeof(T))), &heap_) T(arguments...);
    made->parent = parent;
    contexts_.insert(made, id);
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
    auto* context = static_cast<Context*>(contexts_.find(id));
    if (context != nullptr && context->parent == nullptr) return nullptr;
    return static_cast<StreamContext*>(context);
  }

  /// Calls act(filter) for a stream, then frees what the callback used. A context that is no
  /// stream (an access logger's) or unknown gets `otherwise`.
  template <class Result, class Act>
  static Result with(uint32_t id, Result otherwise, Act act) {
    const Callback callback(id);
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

  /// Calls act(plugin); for an unknown one it does nothing.
  template <class Act>
  static void with_plugin(uint32_t id, Act act) {
    const Callback callback(id);
    auto* context = static_cast<Context*>(contexts_.find(id));
    if (context != nullptr) act(static_cast<PluginContext*>(context)->plugin);
  }
};

template <class M, bool wanted>
struct ExportContexts {};
template <class M>
struct ExportContexts<M, true> {
  TAMIS_EXPORT(proxy_on_context_create)
  static void create(uint32_t id, uint32_t parent_id) {
    TAMIS_SYMBOL(proxy_on_context_create, create);
    const Callback callback(id);
    auto* parent = static_cast<Context*>(contexts_.find(parent_id));
    if (parent == nullptr) {
      M::template create<typename M::PluginContext>(id, nullptr);
    } else {
      M::template create<typename M::StreamContext>(
          id, parent, *static_cast<typename M::PluginContext*>(parent));
    }
  }
  TAMIS_EXPORT(proxy_on_delete)
  static void erase(uint32_t id) {
    TAMIS_SYMBOL(proxy_on_delete, erase);
    auto* context = static_cast<Context*>(contexts_.take(id));
    if (context == nullptr) return;
    if (context->parent != nullptr) {
      M::template destroy<typename M::StreamContext>(context);
      return;
    }
    M::template destroy<typename M::PluginContext>(context);
    if constexpr (M::kAnswers) {
      // With its plugin the proxy gives up what a plugin and its streams asked for.
      awaited_.sweep(
          [](Numbered* one) {
            return contexts_.find(static_cast<Awaited*>(one)->caller) != nullptr;
          },
          [](Numbered* one) { heap_.release(one, Heap::order_of(sizeof(Awaited))); });
    }
  }
};

template <class M, bool wanted>
struct ExportConfigure {};
template <class M>
struct ExportConfigure<M, true> {
  TAMIS_EXPORT(proxy_on_configure)
  static uint32_t call(uint32_t id, size_t size) {
    TAMIS_SYMBOL(proxy_on_configure, call);
    const Callback callback(id);
    auto* context = static_cast<Context*>(contexts_.find(id));
    auto& plugin = static_cast<typename M::PluginContext*>(context)->plugin;
    const StringView text = backend::read_buffer(Buffer::PluginConfiguration, 0, size);
    TAMIS_INLINED return plugin.M::Plugin::configure(plugin.memory().keep(text)) ? 1 : 0;
  }
};

template <class M, bool wanted>
struct ExportTick {};
template <class M>
struct ExportTick<M, true> {
  TAMIS_EXPORT(proxy_on_tick)
  static void call(uint32_t id) {
    TAMIS_SYMBOL(proxy_on_tick, call);
    M::with_plugin(id, [](auto& plugin) { plugin.on_tick(); });
  }
};

template <class M, bool wanted>
struct ExportQueue {};
template <class M>
struct ExportQueue<M, true> {
  TAMIS_EXPORT(proxy_on_queue_ready)
  static void call(uint32_t id, uint32_t queue) {
    TAMIS_SYMBOL(proxy_on_queue_ready, call);
    M::with_plugin(id, [&](auto& plugin) { plugin.on_queue(Queue(queue)); });
  }
};

template <class M, bool wanted>
struct Export_on_log {};
template <class M>
struct Export_on_log<M, true> {
  TAMIS_EXPORT(proxy_on_log)
  static void call(uint32_t id) {
    TAMIS_SYMBOL(proxy_on_log, call);
    M::with(id, false, [](auto& filter) { TAMIS_INLINED return filter.M::Filter::on_log(), true; });
  }
};

template <class M, bool wanted>
struct Export_on_done {};
template <class M>
struct Export_on_done<M, true> {
  TAMIS_EXPORT(proxy_on_done)
  static uint32_t call(uint32_t id) {
    TAMIS_SYMBOL(proxy_on_done, call);
    M::with(id, false,
            [](auto& filter) { TAMIS_INLINED return filter.M::Filter::on_done(), true; });
    return 1;  // nothing is left to wait for
  }
};

}  // namespace tamis

extern "C" {
TAMIS_EXPORT(proxy_abi_version_0_2_1)
__attribute__((visibility("default"))) inline void proxy_abi_version_0_2_1() {}

// The host takes room for what it hands over; only ever during a callback.
#if defined(__wasm__)
void __wasm_call_ctors();  // NOLINT(bugprone-reserved-identifier): wasm-ld defines it

TAMIS_EXPORT(malloc)
inline void* tamis_allocate(size_t size) { return tamis::scratch().allocate(size); }

TAMIS_EXPORT(_initialize)
inline void tamis_initialize() { __wasm_call_ctors(); }
#else
TAMIS_EXPORT(proxy_on_memory_allocate)
__attribute__((visibility("default"))) inline void* proxy_on_memory_allocate(size_t size) {
  return tamis::scratch().allocate(size);
}
#endif
}

/// TAMIS_EXPORT_IF(condition, template)
#define TAMIS_EXPORT_IF(wanted, name) template struct tamis::name<tamis_module, wanted>;
#define TAMIS_EXPORT_IF_OVERRIDDEN(callback) \
  TAMIS_EXPORT_IF(tamis::kOverridden<decltype(&tamis_module::Filter::callback)>, Export_##callback)

/// What filters of all kinds export.
#define TAMIS_FILTER(...)                                                                          \
  using tamis_module = tamis::Module<__VA_ARGS__>;                                                 \
  TAMIS_EXPORT_IF(!tamis_module::kStateless, ExportContexts)                                       \
  TAMIS_EXPORT_IF(tamis::kOverridden<decltype(&tamis_module::Plugin::configure)>, ExportConfigure) \
  TAMIS_EXPORT_IF(__is_base_of(tamis::OnTick, tamis_module::Plugin), ExportTick)                   \
  TAMIS_EXPORT_IF(__is_base_of(tamis::OnQueue, tamis_module::Plugin), ExportQueue)                 \
  TAMIS_EXPORT_ANSWERS                                                                             \
  TAMIS_EXPORT_IF_OVERRIDDEN(on_log)                                                               \
  TAMIS_EXPORT_IF_OVERRIDDEN(on_done)

#endif  // TAMIS_BACKEND_WASM_MODULE_H_
