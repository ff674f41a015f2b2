// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Asking another service over HTTP while a stream waits.
#ifndef TAMIS_CALLOUT_H_
#define TAMIS_CALLOUT_H_

#include "tamis/backend/backend.h"
#include "tamis/body.h"
#include "tamis/headers.h"
#include "tamis/text.h"
#include "tamis/types.h"

namespace tamis {

/// call({.cluster = "authz", .path = "/check", .timeout_ms = 500})
struct Callout {
  /// As the proxy names it; it must know it.
  StringView cluster;
  StringView method = "GET";
  StringView path = "/";
  /// Empty: the cluster's name.
  StringView authority = {};
  /// Those without a colon.
  Span<Header> headers = {};
  StringView body = {};
  /// 0 waits for ever.
  uint32_t timeout_ms = 5000;
};

/// The answer comes to on_callout() of who asks, if that is an OnCallout, under the number that is
/// returned; return Pause to wait for it. Nothing when the proxy refuses: a cluster that it does
/// not know, an empty path.
inline Maybe<uint32_t> call(const Callout& callout) {
  const size_t size = 3 + callout.headers.size();
  auto* headers = scratch().array<Header>(size);
  headers[0] = {":method", callout.method};
  headers[1] = {":path", callout.path};
  headers[2] = {":authority", callout.authority.empty() ? callout.cluster : callout.authority};
  Header* to = headers + 3;
  for (const Header& header : callout.headers) *to++ = header;
  for (const Header& header : Span<Header>(headers, size)) {
    if (!valid_header_value(header.value)) return {};
  }
  return backend::call(callout.cluster, {headers, size}, callout.body, callout.timeout_ms);
}

/// Valid during one callback; what it returns as well.
class CalloutReply {
 public:
  CalloutReply(uint32_t call, size_t headers, size_t body_size)
      : call(call),
        headers(Map::CalloutHeaders),
        body(Buffer::CalloutBody, body_size),
        trailers(Map::CalloutTrailers),
        whole_(headers != 0) {}

  /// The number that call() returned.
  const uint32_t call;
  Headers headers;
  Body body;
  Headers trailers;

  /// Of `:status`. A service that cannot be reached is 503 and one that took too long 504, as if it
  /// had said so itself; an answer that was cut is 0.
  [[nodiscard]] uint32_t status() {
    uint32_t status = 0;
    if (!whole_) return status;
    const StringView digits = headers.get(":status").value_or({});
    for (char digit : digits) status = status * 10 + static_cast<uint32_t>(digit - '0');
    return status;
  }

 private:
  bool whole_;
};

/// A filter or plugin that wants to know what its call() brought:
/// class Filter : public tamis::HttpFilter, public tamis::OnCallout
class OnCallout {
 public:
  /// Once for each call, but not when the stream that asked is over. That stream can be changed,
  /// resumed and answered as in its own callbacks.
  virtual void on_callout(CalloutReply& reply) = 0;
};

}  // namespace tamis

#endif  // TAMIS_CALLOUT_H_
