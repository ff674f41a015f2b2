// The life of one HTTP exchange: which callbacks run when, what their statuses do, what leaves.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "faults.h"
#include "host.h"
#include "local_reply.h"

namespace tamis {

// The details Envoy gives replies it makes in place of the filter or the upstream.
inline constexpr std::string_view kFailDetails = "wasm_fail_stream";
inline constexpr std::string_view kResetDetails = "upstream_reset_before_response_started{remote_reset}";
inline constexpr std::string_view kResetBody =
    "upstream connect error or disconnect/reset before headers. reset reason: remote reset";

// Lives for one exchange, on the stack; all state is in the host's stream. `H` is a Host.
template <typename H>
class HttpExchange {
 public:
  HttpExchange(H& host, const ExchangeInput& input) : host_(host), stream_(host.stream), input_(input) {}

  // After the guest put out too much: the exchange ends as if it had trapped.
  void abandon() {
    fail();
    finish();
  }

  // Runs the exchange to its end; the host's stream holds what came out.
  void run(uint32_t id) {
    stream_.clear(id);
    stream_.started_at = host_.clock.wall();
    stream_.request().headers.assign(input_.request.headers);
    if (input_.refused >= 0) return refuse();
    if (host_.guest.failed()) return fail();
    uint32_t ignored = 0;
    if (!host_.call(Callback::proxy_on_context_create, id, std::array{id, kPluginContext}, ignored)) return fail();
    after_call();
    feed(0, input_.request);
    if (stream_.request().complete && !over()) answer();
    finish();
  }

 private:
  static constexpr std::array kOnHeaders{Callback::proxy_on_request_headers, Callback::proxy_on_response_headers};
  static constexpr std::array kOnBody{Callback::proxy_on_request_body, Callback::proxy_on_response_body};
  static constexpr std::array kOnTrailers{Callback::proxy_on_request_trailers, Callback::proxy_on_response_trailers};
  static constexpr std::array kHeaders{kHttpRequestHeaders, kHttpResponseHeaders};
  static constexpr std::array kTrailers{kHttpRequestTrailers, kHttpResponseTrailers};

  // An upstream's reset comes before its response and is answered like any other exchange.
  bool cut() const { return stream_.reset != Reset::kNone && stream_.reset != Reset::kUpstream; }

  bool over() const { return stream_.reply.sent || cut() || host_.guest.failed(); }

  // A direction stops being fed: the stream is over, or a reply took the request's place.
  bool stopped(size_t direction) const {
    return cut() || host_.guest.failed() ||
           (direction == 0 ? stream_.reply.sent : replaced_);
  }

  // -- input ---------------------------------------------------------------------------------

  void feed(size_t direction, const Input& input) {
    if (stopped(direction)) return;
    headers(direction, input.chunks.empty() && !input.has_trailers);
    for (size_t i = 0; i < input.chunks.size(); ++i) {
      if (stopped(direction)) return;
      frame(direction, input.chunks[i], i + 1 == input.chunks.size() && !input.has_trailers);
    }
    if (stopped(direction) || !input.has_trailers) return;
    stream_.sides[direction].trailers.assign(input.trailers);
    stream_.sides[direction].ended = true;
    trailers(direction);
  }

  void answer() {
    host_.clock.passed += input_.after;
    if (input_.reset) {
      stream_.reset = Reset::kUpstream;
      return reply_via_filter(503, kResetDetails, kResetBody);
    }
    stream_.response().headers.assign(input_.answer.headers);
    feed(1, input_.answer);
  }

  void refuse() {
    if (input_.refused == 0) {
      stream_.reset = Reset::kDownstream;
      return;
    }
    stream_.reply.sent = true;
    stream_.reply.status = static_cast<uint32_t>(input_.refused);
    stream_.reply.details.assign(input_.refused_details);
    make_local_reply(stream_.request().headers, stream_.reply.status, -1, stream_.reply.headers, input_.refused_body,
                     stream_.response().headers, reply_body_);
    send_directly();
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
    const bool fine = host_.abi == 0
        ? host_.call(kOnHeaders[direction], stream_.id, std::array{stream_.id, count}, status)
        : host_.call(kOnHeaders[direction], stream_.id, std::array{stream_.id, count, told(end)}, status);
    if (!fine) return fail();
    note(kOnHeaders[direction], status);
    status = headers_status(status);
    if (status == 0) stream_.maps[kHeaders[direction]] = nullptr;
    if (!after_call()) return;
    if (status == 0) {
      forward_headers(side);
      if (end) complete(direction);
    } else {
      side.flow = status == 1 ? Flow::kStopped : Flow::kStoppedAll;
    }
  }

  // StopIteration breaks what filters assume and becomes StopAllIterationAndWatermark unless the
  // plugin allows it; ContinueAndEndStream is Continue; unknown values stop all.
  uint32_t headers_status(uint32_t status) const {
    if (host_.stop_next || status > 4) return 4;
    if (status == 1 && !host_.script.allow_on_headers_stop_iteration) return 4;
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
    const std::array<uint32_t, 3> arguments{stream_.id, static_cast<uint32_t>(stream_.body(direction)->size()), told(end)};
    uint32_t status = 0;
    if (!host_.call(kOnBody[direction], stream_.id, arguments, status)) return fail();
    note(kOnBody[direction], status);
    if (host_.stop_next || status > 3) status = 3;
    const bool was_buffering = side.buffering;
    side.buffering = status == 1;
    if (status == 0) stream_.bodies[direction] = nullptr;
    if (!after_call()) return;
    if (!was_buffering && (status == 1 || status == 2 || (status == 0 && side.flow != Flow::kFlowing))) {
      append(side.buffered, side.chunk);
      side.chunk.clear();
    }
    if (status != 0) {
      side.flow = Flow::kStopped;
      if (status == 1) too_large(direction);
      return;
    }
    if (side.flow != Flow::kFlowing) release(side);
    else append(side.sent, side.chunk);
    if (end) complete(direction);
  }

  // A body held back by StopIterationAndBuffer may fill Envoy's buffer and no more.
  bool too_large(size_t direction) {
    if (stream_.sides[direction].buffered.size() <= host_.script.limits.buffer_bytes) return false;
    if (direction == 0) reply_via_filter(413, "request_payload_too_large", "Payload Too Large");
    else reply_via_filter(500, "response_payload_too_large", "Internal Server Error");
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
    const std::array<uint32_t, 2> arguments{stream_.id, static_cast<uint32_t>(side.trailers.size())};
    uint32_t status = 0;
    if (!host_.call(kOnTrailers[direction], stream_.id, arguments, status)) return fail();
    note(kOnTrailers[direction], status);
    if (host_.stop_next || status > 1) status = 1;
    if (status == 0) stream_.maps[kTrailers[direction]] = nullptr;
    if (!after_call()) return;
    if (status != 0) {
      if (side.flow == Flow::kFlowing) side.flow = Flow::kStopped;
      return;
    }
    if (side.flow != Flow::kFlowing) release(side);
    complete(direction);
  }

  void note(Callback callback, uint32_t status) {
    if (status != 0) stream_.pauses.emplace_back(callback, status);
  }

  uint32_t told(bool end) const { return end != (host_.script.fault == Fault::kWrongEndOfStream) ? 1 : 0; }

  // -- what leaves the filter ----------------------------------------------------------------

  void append(std::string& to, std::string_view bytes) {
    if (to.size() + bytes.size() > host_.script.limits.body_bytes)
      throw OutputLimit("body", host_.script.limits.body_bytes);
    to.append(bytes);
  }

  void forward_headers(Side& side) {
    if (side.headers_sent) return;
    side.headers_sent = true;
    if (host_.script.fault != Fault::kNone) spoil_headers(host_.script.fault, side.headers);
  }

  // Everything held back goes on.
  void release(Side& side) {
    side.flow = Flow::kFlowing;
    forward_headers(side);
    append(side.sent, side.buffered);
    side.buffered.clear();
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
    if (flow == Flow::kFlowing || over()) return;
    if (flow == Flow::kStopped) {
      release(side);
      if (side.ended) complete(direction);
      return;
    }
    side.flow = Flow::kFlowing;
    forward_headers(side);
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

  // -- what the guest asked for --------------------------------------------------------------

  // Does what was deferred; false when the stream is over for the direction that called.
  bool after_call() {
    if (stream_.close) {
      stream_.reset = Reset::kFilter;
      return false;
    }
    if (stream_.reply.pending) {
      local_reply();
      return false;
    }
    for (size_t direction = 0; direction < 2; ++direction) {
      if (!stream_.resume[direction]) continue;
      stream_.resume[direction] = false;
      resume(direction);
    }
    return !host_.guest.failed() && !cut();
  }

  void local_reply() {
    LocalReply& reply = stream_.reply;
    reply.pending = false;
    reply.sent = true;
    Side& response = stream_.response();
    const bool begun = response.started;
    if (begun && response.headers_sent) {
      stream_.reset = Reset::kFilter;
      return;
    }
    response.clear();
    make_local_reply(stream_.request().headers, reply.status, reply.grpc_status, reply.headers, reply.body,
                     response.headers, reply_body_);
    if (begun) send_directly();
    else send_via_filter();
  }

  // A response that had begun is replaced behind the filter's back.
  void send_directly() {
    Side& response = stream_.response();
    replaced_ = true;
    response.started = response.ended = true;
    forward_headers(response);
    append(response.sent, reply_body_);
    complete(1);
  }

  void send_via_filter() {
    if (host_.script.fault == Fault::kSkipResponseHeadersAfterLocalReply) return send_directly();
    const std::string body = reply_body_;
    stream_.reply.running = true;
    headers(1, body.empty());
    stream_.reply.running = false;
    if (body.empty() || host_.guest.failed() || cut()) return;
    if (replaced_) show(body);
    else frame(1, body, true);
  }

  // The body of a reply that was replaced in its headers callback: the guest sees it all the same.
  void show(std::string_view bytes) {
    stream_.response().chunk.assign(bytes);
    stream_.bodies[1] = &stream_.response().chunk;
    uint32_t ignored = 0;
    const std::array<uint32_t, 3> arguments{stream_.id, static_cast<uint32_t>(bytes.size()), told(true)};
    if (!host_.call(kOnBody[1], stream_.id, arguments, ignored)) fail();
    stream_.bodies[1] = nullptr;
  }

  // A reply Envoy makes itself, which meets the filter's response callbacks.
  void reply_via_filter(uint32_t status, std::string_view details, std::string_view text) {
    LocalReply& reply = stream_.reply;
    reply.pending = true;
    reply.status = status;
    reply.details.assign(details);
    reply.body.assign(text);
    local_reply();
  }

  // The guest broke: closed, 503, unless the response is already on its way.
  void fail() {
    LocalReply& reply = stream_.reply;
    Side& response = stream_.response();
    if (reply.sent && response.complete) return;
    if (response.headers_sent) {
      stream_.reset = Reset::kFilter;
      return;
    }
    reply.clear();
    reply.sent = true;
    reply.status = 503;
    reply.grpc_status = 14;
    reply.details.assign(kFailDetails);
    response.clear();
    make_local_reply(stream_.request().headers, 503, 14, reply.headers, {}, response.headers, reply_body_);
    send_directly();
  }

  // -- the end -------------------------------------------------------------------------------

  // A stream that stays paused is cancelled by the client; then log, done and delete run as ever.
  void finish() {
    if (host_.guest.failed()) return;
    stream_.bodies.fill(nullptr);
    for (Side& side : stream_.sides) side.buffering = false;
    stream_.log_phase = true;
    stream_.maps = {&stream_.request().headers, nullptr, nullptr, nullptr};
    if (stream_.response().started) stream_.maps[kHttpResponseHeaders] = &stream_.response().headers;
    if (stream_.response().has_trailers) stream_.maps[kHttpResponseTrailers] = &stream_.response().trailers;
    uint32_t ignored = 0;
    const std::array<uint32_t, 1> id{stream_.id};
    const bool fine = host_.call(Callback::proxy_on_log, stream_.id, id, ignored);
    stream_.log_phase = false;
    stream_.maps.fill(nullptr);
    if (fine && host_.call(Callback::proxy_on_done, stream_.id, id, ignored))
      host_.call(Callback::proxy_on_delete, stream_.id, id, ignored);
  }

  H& host_;
  Stream& stream_;
  const ExchangeInput& input_;
  std::string reply_body_;
  bool replaced_ = false;  // a direct reply ended the response that was being fed
};

}  // namespace tamis
