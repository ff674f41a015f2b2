// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// gRPC calls and streams. Messages are bytes: what they mean is the filter's business.
#ifndef TAMIS_GRPC_H_
#define TAMIS_GRPC_H_

#include "tamis/backend/backend.h"
#include "tamis/body.h"
#include "tamis/headers.h"
#include "tamis/types.h"

namespace tamis {

/// grpc_call({.cluster = "limits", .service = "acme.Limits", .method = "Take", .message = bytes})
struct GrpcCall {
  /// As the proxy names it, or a serialized envoy.config.core.v3.GrpcService.
  StringView cluster;
  StringView service;
  StringView method;
  StringView message = {};
  Span<Header> metadata = {};
  /// 0 waits for ever. Too late is status 14, not 4.
  uint32_t timeout_ms = 5000;
};

/// One message there, one back: it comes to on_grpc_message(), or on_grpc_close() says why not,
/// under the number that is returned. Nothing when the proxy refuses.
inline Maybe<uint32_t> grpc_call(const GrpcCall& call) {
  if (call.cluster.empty()) return {};  // it would end Envoy 1.40
  return backend::grpc_call(call.cluster, call.service, call.method, call.metadata, call.message,
                            call.timeout_ms);
}

/// A stream of messages both ways, that lives until on_grpc_close() or cancel(). A copy is the same
/// stream.
class GrpcStream {
 public:
  constexpr GrpcStream() = default;
  constexpr explicit GrpcStream(uint32_t number) : number_(number) {}

  /// Nothing when the proxy refuses.
  static Maybe<GrpcStream> open(StringView cluster, StringView service, StringView method,
                                Span<Header> metadata = {}) {
    if (cluster.empty()) return {};  // it would end Envoy 1.40
    const Maybe<uint32_t> opened = backend::grpc_stream(cluster, service, method, metadata);
    if (!opened) return {};
    return GrpcStream(*opened);
  }

  /// What its callbacks are given.
  [[nodiscard]] uint32_t number() const { return number_; }

  /// False when the stream is over.
  bool send(StringView message, bool last = false) const {
    return backend::grpc_send(number_, message, last);
  }
  /// Sends no more; messages may still come.
  void close() const { backend::grpc_close(number_); }
  /// No callback comes any more.
  void cancel() const { backend::grpc_cancel(number_); }

 private:
  uint32_t number_ = 0;
};

/// How a call or stream ended. Valid during one callback.
class GrpcStatus {
 public:
  constexpr explicit GrpcStatus(uint32_t code) : code(code) {}

  /// 0 to 16; 0: as it should.
  const uint32_t code;

  /// Costs one crossing. Envoy appends to it why in its own words.
  [[nodiscard]] StringView message() const { return backend::status_message(); }
};

/// A filter or plugin that uses gRPC; as OnCallout.
class OnGrpc {
 public:
  /// Of a call its answer, of a stream one message.
  virtual void on_grpc_message(uint32_t number, Body& message) = 0;
  /// Nothing comes any more. Of a call only when it failed.
  virtual void on_grpc_close(uint32_t number, const GrpcStatus& status) = 0;
  /// What streams, not calls, bring before and behind their messages.
  virtual void on_grpc_headers(uint32_t number, Headers& metadata) { (void)number, (void)metadata; }
  virtual void on_grpc_trailers(uint32_t number, Headers& metadata) {
    (void)number, (void)metadata;
  }
};

}  // namespace tamis

#endif  // TAMIS_GRPC_H_
