// The two directions of an HTTP exchange: which callbacks run when, what their statuses do, and
// what leaves the filter.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "faults.h"
#include "host.h"

namespace tamis {

// Holds a stream and is reused with it. `H` is a Host. What the guest asks for beside (local
// replies, resuming, closing) is done by the derived class.
template <typename H>
class HttpFlow {
 public:
  HttpFlow(const HttpFlow&) = delete;

 protected:
  explicit HttpFlow(H& host) : host_(host) { stream_.join(host.script.joined); }
  ~HttpFlow() = default;

  // Does what was deferred; false when the stream is over for the direction that called.
  virtual bool after_call() = 0;
  // The guest broke.
  virtual void fail() = 0;
  // Envoy answers in the filter's or the upstream's place.
  virtual void reply_instead(uint32_t status, std::string_view details, std::string_view text) = 0;
  // The same for a response that had begun: it is replaced behind the filter's back.
  virtual void replace(uint32_t status, std::string_view details, std::string_view text) = 0;
  // Whether that header was there before the filter: it cannot take away what nobody sent.
  virtual bool came_with(size_t direction, std::string_view name) const = 0;

  static constexpr std::array kOnHeaders{Callback::proxy_on_request_headers,
                                         Callback::proxy_on_response_headers};
  static constexpr std::array kOnBody{Callback::proxy_on_request_body,
                                      Callback::proxy_on_response_body};
  static constexpr std::array kOnTrailers{Callback::proxy_on_request_trailers,
                                          Callback::proxy_on_response_trailers};
  static constexpr std::array kHeaders{kHttpRequestHeaders, kHttpResponseHeaders};
  static constexpr std::array kTrailers{kHttpRequestTrailers, kHttpResponseTrailers};

  // An upstream's reset comes before its response and is answered like any other exchange.
  bool cut() const {
    return stream_.reset != Reset::kNone && (stream_.reset != Reset::kUpstream || stream_.torn);
  }

  // The stream met a broken guest and goes down with it.
  bool broken() const { return broken_; }

  // To be asked when a callback did not return: the guest broke, now or before. Not so where the
  // plugin fails open: but only streams that begin after it broke do without the filter.
  bool lost() {
    broken_ = !bypassed_;
    return broken_;
  }

  bool over() const { return stream_.reply.sent || cut() || broken(); }

  // A direction stops being fed: the stream is over, or a reply took the request's place.
  bool stopped(size_t direction) const {
    return cut() || broken() || (direction == 0 ? stream_.reply.sent : replaced_);
  }

  // -- callbacks -----------------------------------------------------------------------------

  void headers(size_t direction, bool end) {
    Side& side = stream_.sides[direction];
    side.started = true;
    side.ended = end;
    stream_.end_of_stream = end;
    stream_.maps[kHeaders[direction]] = &side.headers;
    const auto count = static_cast<uint32_t>(side.headers.size());
    uint32_t status = 0;
    const bool fine = host_.abi == 0 ? host_.call(kOnHeaders[direction], stream_.id,
                                                  std::array{stream_.id, count}, status)
                                     : host_.call(kOnHeaders[direction], stream_.id,
                                                  std::array{stream_.id, count, told(end)}, status);
    if (!fine) {
      if (lost()) return fail();
      status = 0;
    }
    stream_.note(kOnHeaders[direction], status);
    status = headers_status(status);
    if (status == 0) stream_.maps[kHeaders[direction]] = nullptr;
    if (!after_call()) return;
    if (status == 0) {
      if (forward_headers(direction) && end) complete(direction);
    } else {
      side.flow = status == 1 ? Flow::kStopped : Flow::kStoppedAll;
    }
  }

  // StopIteration breaks what filters assume and becomes StopAllIterationAndWatermark unless the
  // plugin allows it; ContinueAndEndStream is Continue; unknown values stop all.
  uint32_t headers_status(uint32_t status) const {
    if (host_.stop_next || status > 4) return 4;
    if (status == 1 && !stream_.plugin->input->allow_on_headers_stop_iteration) return 4;
    return status == 2 ? 0 : status;
  }

  void frame(size_t direction, std::string_view bytes, bool end) {
    Side& side = stream_.sides[direction];
    side.received += bytes.size();
    side.ended = end;
    if (side.flow == Flow::kStoppedAll) {
      append(side.buffered, bytes);
      return;
    }
    if (side.buffering) {
      append(side.buffered, bytes);
      if (too_large(direction)) return;
    } else {
      side.chunk.assign(bytes);
    }
    body(direction, end);
  }

  void body(size_t direction, bool end) {
    Side& side = stream_.sides[direction];
    stream_.end_of_stream = end;
    stream_.bodies[direction] = &side.chunk;
    const std::array<uint32_t, 3> arguments{
        stream_.id, static_cast<uint32_t>(stream_.body(direction)->size()), told(end)};
    uint32_t status = 0;
    if (!host_.call(kOnBody[direction], stream_.id, arguments, status)) {
      if (lost()) return fail();
      status = 0;
    }
    stream_.note(kOnBody[direction], status);
    if (host_.stop_next || status > 3) status = 3;
    const bool was_buffering = side.buffering;
    side.buffering = status == 1;
    if (status == 0) stream_.bodies[direction] = nullptr;
    if (!after_call()) return;
    if (!was_buffering &&
        (status == 1 || status == 2 || (status == 0 && side.flow != Flow::kFlowing))) {
      append(side.buffered, side.chunk);
      side.chunk.clear();
    }
    if (status != 0) {
      side.flow = Flow::kStopped;
      if (status == 1) too_large(direction);
      return;
    }
    if (side.flow == Flow::kFlowing)
      append(side.sent, side.chunk);
    else if (!release(direction))
      return;
    if (end) complete(direction);
  }

  // A body held back by StopIterationAndBuffer may fill Envoy's buffer and no more.
  bool too_large(size_t direction) {
    if (stream_.sides[direction].buffered.size() <= host_.script.limits.buffer_bytes) return false;
    if (direction == 0)
      reply_instead(413, "request_payload_too_large", "Payload Too Large");
    else
      reply_instead(500, "response_payload_too_large", "Internal Server Error");
    return true;
  }

  void trailers(size_t direction) {
    Side& side = stream_.sides[direction];
    side.has_trailers = true;
    if (side.flow == Flow::kStoppedAll) {
      side.trailers_waiting = true;
      return;
    }
    stream_.maps[kTrailers[direction]] = &side.trailers;
    const std::array<uint32_t, 2> arguments{stream_.id,
                                            static_cast<uint32_t>(side.trailers.size())};
    uint32_t status = 0;
    if (!host_.call(kOnTrailers[direction], stream_.id, arguments, status)) {
      if (lost()) return fail();
      status = 0;
    }
    stream_.note(kOnTrailers[direction], status);
    if (host_.stop_next || status > 1) status = 1;
    if (status == 0) stream_.maps[kTrailers[direction]] = nullptr;
    if (!after_call()) return;
    if (status != 0) {
      if (side.flow == Flow::kFlowing) side.flow = Flow::kStopped;
      return;
    }
    if (side.flow == Flow::kFlowing || release(direction)) complete(direction);
  }

  uint32_t told(bool end) const { return told_end(host_.script.fault, end); }

  // -- what leaves the filter ----------------------------------------------------------------

  void append(std::string& to, std::string_view bytes) {
    append_within(host_.script.limits.body_bytes, "body", to, bytes);
  }

  // False: the filter took a header without which Envoy does not let them go; it answers instead.
  bool forward_headers(size_t direction) {
    Side& side = stream_.sides[direction];
    if (side.headers_sent) return true;
    if (side.headers.doubtful() &&
        (direction == 0 ? !routable(side.headers) : !has_status(side.headers)))
      return false;
    send_headers(side);
    return true;
  }

  void send_headers(Side& side) {
    side.headers_sent = true;
    if (host_.script.fault != Fault::kNone) spoil_headers(host_.script.fault, side.headers);
  }

  // The router needs a path and the scheme that was forwarded to find a route by; the codec a
  // method, and headers that it can write. A host may be missing.
  bool routable(const HeaderMap& headers) {
    const size_t method = headers.find(":method");
    const bool tunnel = method != HeaderMap::npos && headers.value(method) == "CONNECT";
    const auto gone = [&](std::string_view name) {
      return headers.find(name) == HeaderMap::npos && came_with(0, name);
    };
    if (!tunnel && (gone(":path") || gone("x-forwarded-proto"))) {
      reply_instead(404, "route_not_found", {});
      return false;
    }
    if (method == HeaderMap::npos && came_with(0, ":method")) {
      reply_instead(503,
                    "filter_removed_required_request_headers{missing_required_header:_:method}",
                    "missing required header: :method");
      return false;
    }
    const size_t odd = headers.unwritable();
    if (odd == HeaderMap::npos) return true;
    const std::string text = complaint(headers.name(odd));
    reply_instead(503, complaint_details(text), text);
    return false;
  }

  // A status that is no number counts as missing.
  bool has_status(const HeaderMap& headers) {
    const size_t at = headers.find(":status");
    const std::string_view status = at == HeaderMap::npos ? std::string_view() : headers.value(at);
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    if (!status.empty() && std::all_of(status.begin(), status.end(), digit)) return true;
    if (!came_with(1, ":status")) return true;
    replace(502, "filter_removed_required_response_headers{missing_required_header:_:status}",
            "missing required header: :status");
    return false;
  }

  // Everything held back goes on; false as in forward_headers.
  bool release(size_t direction) {
    Side& side = stream_.sides[direction];
    side.flow = Flow::kFlowing;
    if (!forward_headers(direction)) return false;
    append(side.sent, side.buffered);
    side.buffered.clear();
    return true;
  }

  void complete(size_t direction) {
    Side& side = stream_.sides[direction];
    side.complete = true;
    if (host_.script.fault != Fault::kNone) spoil_end(host_.script.fault, side.trailers, side.sent);
  }

  // continue_stream: a direction that is stopped goes on; what the guest has not seen, it sees now.
  void resume(size_t direction) {
    Side& side = stream_.sides[direction];
    const Flow flow = side.flow;
    if (stopped(direction)) return;
    if (flow == Flow::kFlowing) {
      // In the callback of the headers themselves: they go, whatever it returns.
      if (side.started && forward_headers(direction) && side.ended) complete(direction);
      return;
    }
    if (flow == Flow::kStopped) {
      if (release(direction) && side.ended) complete(direction);
      return;
    }
    side.flow = Flow::kFlowing;
    if (!forward_headers(direction)) return;
    const bool waiting = side.trailers_waiting;
    if (!side.buffered.empty()) {
      side.chunk.swap(side.buffered);
      side.buffered.clear();
      body(direction, side.ended && !waiting);
    } else if (side.ended && !waiting) {
      complete(direction);
    }
    if (waiting && !stopped(direction)) trailers(direction);
  }

  H& host_;
  Stream stream_;
  bool replaced_ = false;  // a direct reply ended the response that was being fed
  bool broken_ = false, bypassed_ = false;
};

}  // namespace tamis
