// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a filter of HTTP exchanges derives from.
#ifndef TAMIS_FILTER_H_
#define TAMIS_FILTER_H_

#include "tamis/body.h"
#include "tamis/headers.h"
#include "tamis/lifetime.h"
#include "tamis/types.h"

namespace tamis {

/// Of headers and trailers. Pause holds the whole message until it is resumed or answered.
enum class FilterStatus : uint32_t { Continue = 0, Pause = 1 };

/// Of body callbacks. Buffer holds the body and calls again with all of it; Watermark the same, but
/// slows the sender down at the proxy's limit instead of answering 413; Drop throws nothing away
/// the filter did not clear itself, and holds nothing either.
enum class BodyStatus : uint32_t { Continue = 0, Buffer = 1, Watermark = 2, Drop = 3 };

/// One exchange of request and response. Override what you need: only that is ever called, and only
/// that costs.
class HttpFilter : public Lifetime {
 public:
  virtual FilterStatus on_request_headers(Headers& headers, bool end_of_stream) {
    (void)headers, (void)end_of_stream;
    return FilterStatus::Continue;
  }
  virtual BodyStatus on_request_body(Body& body, bool end_of_stream) {
    (void)body, (void)end_of_stream;
    return BodyStatus::Continue;
  }
  virtual FilterStatus on_request_trailers(Headers& trailers) {
    (void)trailers;
    return FilterStatus::Continue;
  }
  virtual FilterStatus on_response_headers(Headers& headers, bool end_of_stream) {
    (void)headers, (void)end_of_stream;
    return FilterStatus::Continue;
  }
  virtual BodyStatus on_response_body(Body& body, bool end_of_stream) {
    (void)body, (void)end_of_stream;
    return BodyStatus::Continue;
  }
  virtual FilterStatus on_response_trailers(Headers& trailers) {
    (void)trailers;
    return FilterStatus::Continue;
  }
  /// The exchange is over and goes to the access log; nothing can be changed any more.
  virtual void on_log() {}
  /// The stream ends, whole or broken.
  virtual void on_done() {}
};

}  // namespace tamis

#endif  // TAMIS_FILTER_H_
