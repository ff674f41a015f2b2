// The life of one HTTP exchange: its messages, its replies, its end.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "http_flow.h"
#include "local_reply.h"

namespace tamis {

// The details Envoy gives replies it makes in place of the filter or the upstream.
inline constexpr std::string_view kFailDetails = "wasm_fail_stream";
inline constexpr std::string_view kResetDetails =
    "upstream_reset_before_response_started{remote_reset}";
inline constexpr std::string_view kResetBody =
    "upstream connect error or disconnect/reset before headers. reset reason: remote reset";
// The client gave up on a response that the filter holds back.
inline constexpr std::string_view kCancelled = "http2.remote_reset";
inline constexpr std::string_view kHungUp = "downstream_remote_disconnect";

// Lives for one exchange, on the stack; all state is in the host's stream. `H` is a Host.
template <typename H>
class HttpExchange final : HttpFlow<H> {
 public:
  HttpExchange(H& host, const ExchangeInput& input) : HttpFlow<H>(host), input_(input) {}

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
    if (!host_.call(Callback::proxy_on_context_create, id, std::array{id, kPluginContext}, ignored))
      return fail();
    after_call();
    feed(0, input_.request);
    if (stream_.request().complete && !over()) answer();
    finish();
  }

 private:
  using Base = HttpFlow<H>;
  using Base::append;
  using Base::complete;
  using Base::cut;
  using Base::frame;
  using Base::headers;
  using Base::host_;
  using Base::kOnBody;
  using Base::over;
  using Base::replaced_;
  using Base::resume;
  using Base::send_headers;
  using Base::stopped;
  using Base::stream_;
  using Base::told;
  using Base::trailers;

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
      return reply_instead(503, kResetDetails, kResetBody);
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
    make_local_reply(stream_.request().headers, stream_.reply.status, -1, stream_.reply.headers,
                     input_.refused_body, stream_.response().headers, reply_body_);
    send_directly();
  }
  // -- what the guest asked for --------------------------------------------------------------

  bool after_call() override {
    if (stream_.close) {
      stream_.reset = Reset::kFilter;
      return false;
    }
    if (stream_.reply.pending) {
      local_reply();
      return false;
    }
    if (stream_.reply.again && stream_.reset == Reset::kNone) {
      drop_reply();
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
    make_local_reply(stream_.request().headers, reply.status, reply.grpc_status, reply.headers,
                     reply.body, response.headers, reply_body_);
    if (begun)
      send_directly();
    else
      send_via_filter();
  }

  // A reply inside the body of a reply: Envoy resets the stream. Over HTTP/2 the headers are still
  // in its hands; over HTTP/1.1 they have been written.
  void drop_reply() {
    stream_.reset = Reset::kFilter;
    if (host_.script.protocol == "HTTP/2") stream_.response().headers_sent = false;
  }

  // A response that had begun is replaced behind the filter's back.
  void send_directly() {
    Side& response = stream_.response();
    replaced_ = true;
    response.started = response.ended = true;
    send_headers(response);
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
    if (!replaced_) return frame(1, body, true);
    // Envoy drops the stream at once, unless it is inside the request's own callback and the codec
    // has all of the request: over HTTP/1.1 it never says so in time.
    if (!stream_.request().ended || stream_.reset == Reset::kUpstream ||
        host_.script.protocol != "HTTP/2")
      return;
    show(body);
    // Envoy answers a status that was taken away, then sends the first reply's body all the same.
    if (rejected_ && !host_.guest.failed())
      append(stream_.response().sent, stream_.response().chunk);
  }

  // The body of a reply that was replaced in its headers callback: the guest sees it all the same.
  void show(std::string_view bytes) {
    stream_.response().chunk.assign(bytes);
    stream_.bodies[1] = &stream_.response().chunk;
    uint32_t ignored = 0;
    const std::array<uint32_t, 3> arguments{stream_.id, static_cast<uint32_t>(bytes.size()),
                                            told(true)};
    if (!host_.call(kOnBody[1], stream_.id, arguments, ignored)) fail();
    stream_.bodies[1] = nullptr;
  }

  // It meets the filter's response callbacks.
  void reply_instead(uint32_t status, std::string_view details, std::string_view text) override {
    LocalReply& reply = stream_.reply;
    reply.pending = true;
    reply.status = status;
    reply.details.assign(details);
    reply.body.assign(text);
    local_reply();
  }

  // The guest broke: closed, 503, unless the response is already on its way.
  void fail() override {
    LocalReply& reply = stream_.reply;
    Side& response = stream_.response();
    if (reply.sent && response.complete) return;
    if (response.headers_sent) {
      stream_.reset = Reset::kFilter;
      return;
    }
    // The details of a reply that was asked for are written down before it is sent.
    const std::string details(reply.pending ? std::string_view(reply.details) : kFailDetails);
    replace(503, 14, details, {});
  }

  void replace(uint32_t status, std::string_view details, std::string_view text) override {
    rejected_ = true;
    replace(status, -1, details, text);
  }

  void replace(uint32_t status, int32_t grpc_status, std::string_view details,
               std::string_view text) {
    LocalReply& reply = stream_.reply;
    reply.clear();
    reply.sent = true;
    reply.status = status;
    reply.grpc_status = grpc_status;
    reply.details.assign(details);
    Side& response = stream_.response();
    response.clear();
    make_local_reply(stream_.request().headers, status, grpc_status, reply.headers, text,
                     response.headers, reply_body_);
    send_directly();
  }

  bool came_with(size_t direction, std::string_view name) const override {
    if (direction == 1 && stream_.reply.sent) return true;
    const Input& input = direction == 0 ? input_.request : input_.answer;
    return input.headers.find(name) != HeaderMap::npos;
  }

  // -- the end -------------------------------------------------------------------------------

  // A stream that stays paused is cancelled by the client; then log, done and delete run as ever.
  void finish() {
    if (stream_.reply.sent && !stream_.response().complete && !stream_.reply.again &&
        stream_.reset != Reset::kFilter)
      stream_.reply.details = host_.script.protocol == "HTTP/2" ? kCancelled : kHungUp;
    if (host_.guest.failed()) return;
    stream_.bodies.fill(nullptr);
    for (Side& side : stream_.sides) side.buffering = false;
    stream_.log_phase = true;
    stream_.logged = {&stream_.request().headers, nullptr, nullptr, nullptr};
    if (stream_.response().started)
      stream_.logged[kHttpResponseHeaders] = &stream_.response().headers;
    if (stream_.response().has_trailers)
      stream_.logged[kHttpResponseTrailers] = &stream_.response().trailers;
    uint32_t ignored = 0;
    const std::array<uint32_t, 1> id{stream_.id};
    const bool fine = host_.call(Callback::proxy_on_log, stream_.id, id, ignored);
    stream_.log_phase = false;
    if (fine && host_.call(Callback::proxy_on_done, stream_.id, id, ignored))
      host_.call(Callback::proxy_on_delete, stream_.id, id, ignored);
  }

  const ExchangeInput& input_;
  std::string reply_body_;
  bool rejected_ = false;  // what the filter left of the response's headers could not go on
};

}  // namespace tamis
