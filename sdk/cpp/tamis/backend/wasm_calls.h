// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The proxy-wasm back end: asking other services, and who waits for which answer.
#ifndef TAMIS_BACKEND_WASM_CALLS_H_
#define TAMIS_BACKEND_WASM_CALLS_H_

#include "tamis/backend/backend.h"
#include "tamis/backend/wasm_given.h"
#include "tamis/backend/wasm_imports.h"
#include "tamis/backend/wasm_pairs.h"
#include "tamis/types.h"

namespace tamis::backend {

/// An answer to `number` goes to the context whose callback runs. Defined where a filter is
/// registered, since it is nothing when nobody waits for answers.
void await(uint32_t number);
/// Nothing comes any more.
void forget(uint32_t number);

inline StringView pairs_of(Span<Header> headers) {
  return headers.empty() ? StringView() : write_pairs(headers);
}

inline Maybe<uint32_t> awaited(bool accepted, uint32_t number) {
  if (!accepted) return {};
  await(number);
  return number;
}

inline Maybe<uint32_t> call(StringView cluster, Span<Header> headers, StringView body,
                            uint32_t timeout_ms) {
  const StringView pairs = write_pairs(headers);
  uint32_t number = 0;
  // No trailers: Envoy would not send them.
  const bool accepted =
      proxy_http_call(cluster.data(), cluster.size(), pairs.data(), pairs.size(), body.data(),
                      body.size(), nullptr, 0, timeout_ms, &number) == 0;
  return awaited(accepted, number);
}

inline Maybe<uint32_t> grpc_call(StringView cluster, StringView service, StringView method,
                                 Span<Header> metadata, StringView message, uint32_t timeout_ms) {
  const StringView pairs = pairs_of(metadata);
  uint32_t number = 0;
  const bool accepted =
      proxy_grpc_call(cluster.data(), cluster.size(), service.data(), service.size(), method.data(),
                      method.size(), pairs.data(), pairs.size(), message.data(), message.size(),
                      timeout_ms, &number) == 0;
  return awaited(accepted, number);
}

inline Maybe<uint32_t> grpc_stream(StringView cluster, StringView service, StringView method,
                                   Span<Header> metadata) {
  const StringView pairs = pairs_of(metadata);
  uint32_t number = 0;
  const bool accepted =
      proxy_grpc_stream(cluster.data(), cluster.size(), service.data(), service.size(),
                        method.data(), method.size(), pairs.data(), pairs.size(), &number) == 0;
  return awaited(accepted, number);
}

inline bool grpc_send(uint32_t stream, StringView message, bool last) {
  return proxy_grpc_send(stream, message.data(), message.size(), last ? 1 : 0) == 0;
}

inline void grpc_close(uint32_t stream) { proxy_grpc_close(stream); }

inline void grpc_cancel(uint32_t stream) {
  forget(stream);
  proxy_grpc_cancel(stream);
}

inline StringView status_message() {
  uint32_t code = 0;
  Given& message = given();
  proxy_get_status(&code, &message.bytes, &message.size);
  return message.view();
}

}  // namespace tamis::backend

#endif  // TAMIS_BACKEND_WASM_CALLS_H_
