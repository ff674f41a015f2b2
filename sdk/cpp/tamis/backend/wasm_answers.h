// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The exports that take answers: the proxy gives all of them to the plugin, and each goes on to the
// plugin or filter that asked.
#ifndef TAMIS_BACKEND_WASM_ANSWERS_H_
#define TAMIS_BACKEND_WASM_ANSWERS_H_

#include "tamis/backend/wasm_module.h"

namespace tamis {

/// Who waits for which answer.
template <class M>
struct Answers {
  static constexpr unsigned kOrder = Heap::order_of(sizeof(Awaited));

  static void await(uint32_t number) {
    if constexpr (M::kAnswers) {
      auto* awaited = static_cast<Awaited*>(heap_.allocate(kOrder));
      awaited->caller = current_;
      awaited_.insert(awaited, number);
    }
  }

  static void forget(uint32_t number) {
    if constexpr (M::kAnswers) {
      Numbered* awaited = awaited_.take(number);
      if (awaited != nullptr) heap_.release(awaited, kOrder);
    }
  }

  /// Calls act(caller) if who asked still lives and is an Answer; host functions then act on its
  /// stream.
  template <class Answer, class Act>
  static void give(uint32_t number, bool last, Act act) {
    const auto* awaited = static_cast<const Awaited*>(awaited_.find(number));
    if (awaited == nullptr) return;
    const Callback callback(awaited->caller);
    if (last) forget(number);
    auto* context = static_cast<Context*>(contexts_.find(current_));
    if (context == nullptr) return;
    Answer* caller = nullptr;
    if (context->parent == nullptr) {
      caller = as<Answer>(static_cast<typename M::PluginContext*>(context)->plugin);
    } else {
      proxy_set_effective_context(current_);
      caller = as<Answer>(static_cast<typename M::StreamContext*>(context)->filter);
    }
    if (caller != nullptr) act(*caller);
  }

 private:
  template <class Answer, class T>
  static Answer* as(T& caller) {
    if constexpr (__is_base_of(Answer, T)) return &caller;
    return nullptr;
  }
};

template <class M, bool wanted>
struct ExportCallout {};
template <class M>
struct ExportCallout<M, true> {
  TAMIS_EXPORT(proxy_on_http_call_response)
  static void call(uint32_t, uint32_t number, size_t headers, size_t body_size, size_t) {
    TAMIS_SYMBOL(proxy_on_http_call_response, call);
    Answers<M>::template give<OnCallout>(number, true, [&](OnCallout& caller) {
      CalloutReply reply(number, headers, body_size);
      caller.on_callout(reply);
    });
  }
};

template <class M, bool wanted>
struct ExportGrpc {};
template <class M>
struct ExportGrpc<M, true> {
  TAMIS_EXPORT(proxy_on_grpc_receive)
  static void receive(uint32_t, uint32_t number, size_t size) {
    TAMIS_SYMBOL(proxy_on_grpc_receive, receive);
    const bool is_call = (number & 3) == 1;  // of which nothing more comes
    Answers<M>::template give<OnGrpc>(number, is_call, [&](OnGrpc& caller) {
      Body message(Buffer::GrpcMessage, size);
      caller.on_grpc_message(number, message);
    });
  }
  TAMIS_EXPORT(proxy_on_grpc_close)
  static void close(uint32_t, uint32_t number, uint32_t code) {
    TAMIS_SYMBOL(proxy_on_grpc_close, close);
    Answers<M>::template give<OnGrpc>(
        number, true, [&](OnGrpc& caller) { caller.on_grpc_close(number, GrpcStatus(code)); });
  }
};

#define TAMIS_GRPC_METADATA_CALLBACK(callback, name, map)                    \
  template <class T>                                                         \
  constexpr bool takes_##callback() {                                        \
    if constexpr (!__is_base_of(OnGrpc, T))                                  \
      return false;                                                          \
    else                                                                     \
      return kOverridden<decltype(&T::callback)>;                            \
  }                                                                          \
  template <class M, bool wanted>                                            \
  struct Export_##callback {};                                               \
  template <class M>                                                         \
  struct Export_##callback<M, true> {                                        \
    TAMIS_EXPORT(proxy_on_grpc_receive_##name)                               \
    static void call(uint32_t, uint32_t number, size_t) {                    \
      TAMIS_SYMBOL(proxy_on_grpc_receive_##name, call);                      \
      Answers<M>::template give<OnGrpc>(number, false, [&](OnGrpc& caller) { \
        Headers metadata(map);                                               \
        caller.callback(number, metadata);                                   \
      });                                                                    \
    }                                                                        \
  };

TAMIS_GRPC_METADATA_CALLBACK(on_grpc_headers, initial_metadata, Map::GrpcHeaders)
TAMIS_GRPC_METADATA_CALLBACK(on_grpc_trailers, trailing_metadata, Map::GrpcTrailers)

#undef TAMIS_GRPC_METADATA_CALLBACK

}  // namespace tamis

#define TAMIS_EXPORT_IF_TAKEN(callback)                                \
  TAMIS_EXPORT_IF(tamis::takes_##callback<tamis_module::Filter>() ||   \
                      tamis::takes_##callback<tamis_module::Plugin>(), \
                  Export_##callback)

#define TAMIS_EXPORT_ANSWERS                                                                     \
  void tamis::backend::await(uint32_t number) { tamis::Answers<tamis_module>::await(number); }   \
  void tamis::backend::forget(uint32_t number) { tamis::Answers<tamis_module>::forget(number); } \
  TAMIS_EXPORT_IF(tamis_module::kAwaits<tamis::OnCallout>, ExportCallout)                        \
  TAMIS_EXPORT_IF(tamis_module::kAwaits<tamis::OnGrpc>, ExportGrpc)                              \
  TAMIS_EXPORT_IF_TAKEN(on_grpc_headers)                                                         \
  TAMIS_EXPORT_IF_TAKEN(on_grpc_trailers)

#endif  // TAMIS_BACKEND_WASM_ANSWERS_H_
