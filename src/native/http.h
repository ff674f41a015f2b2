// The life of one HTTP exchange: its messages, its replies, its end.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "http_flow.h"
#include "local_reply.h"

namespace tamis {

// The details Envoy gives the reply it makes in place of a broken filter.
inline constexpr std::string_view kFailDetails = "wasm_fail_stream";
// The client gave up on a response that the filter holds back.
inline constexpr std::string_view kCancelled = "http2.remote_reset";
inline constexpr std::string_view kHungUp = "downstream_remote_disconnect";

// Holds its stream and is reused for one exchange after another. It goes on whenever something
// happens to it: `begin`, then its answer, then whatever the guest asks for in callbacks of others.
// `H` is a Host.
template <typename H>
class HttpExchange final : HttpFlow<H>, public Occasion, public StreamFlow {
 public:
  explicit HttpExchange(H& host) : HttpFlow<H>(host) { stream_.flow = this; }
  ~HttpExchange() { host_.world.forget(*this); }

  const Stream& stream() const { return stream_; }
  // It is over: its contexts are gone.
  bool done() const { return done_; }

  // The client sends its request, whole; `plugin` meets it.
  void begin(const ExchangeInput& input, PluginContext& plugin) {
    input_ = &input;
    done_ = asked_ = rejected_ = replaced_ = broken_ = own_ = false;
    bypassed_ = host_.guest.failed() && plugin.input->policy == FailurePolicy::kOpen;
    stream_.clear(host_.take_id());
    stream_.plugin = &plugin;
    stream_.started_at = host_.world.clock.wall();
    host_.enter(stream_);
    guarded([&] {
      if (input.refused == 0) {
        stream_.reset = Reset::kDownstream;
        return;
      }
      // What a codec refuses, and then answers with a body, has no headers.
      if (input.refused_body.empty()) stream_.request().headers.assign(input.request.headers);
      uint32_t ignored = 0;
      const std::array<uint32_t, 2> ids{stream_.id, plugin.id};
      const bool fine = host_.call(Callback::proxy_on_context_create, stream_.id, ids, ignored);
      if (input.refused > 0) return refuse();
      if (!fine && lost()) return fail();
      after_call();
      feed(0, input.request, input.abort == Abort::kRequest);
      if (input.abort == Abort::kRequest) leave();
    });
  }

  // The upstream's answer is due.
  void happen(uint32_t, uint64_t stamp) override {
    if (done_ || stamp != stream_.id) return;
    guarded([&] { answer(); });
  }
  void exhaust(const OutputLimit& limit) override {
    if (!done_) guarded([&] { throw limit; });
  }

  void perform(Asked what) override {
    guarded([&] {
      if (done_ || cut() || broken()) return;
      switch (what) {
        case Asked::kResumeRequest:
          return resume(0);
        case Asked::kResumeResponse:
          return resume(1);
        case Asked::kClose:
          return close();
        case Asked::kReply:
          own_ = false;
          if (stream_.reply.pending) local_reply();
          return;
        case Asked::kReplyAgain:
          if (stream_.reset == Reset::kNone) drop_reply();
      }
    });
  }

  // The client waits no longer.
  void cancel() {
    if (!done_) guarded([&] { finish(); });
  }

 private:
  using Base = HttpFlow<H>;
  using Base::append;
  using Base::broken;
  using Base::broken_;
  using Base::bypassed_;
  using Base::complete;
  using Base::cut;
  using Base::frame;
  using Base::headers;
  using Base::host_;
  using Base::kOnBody;
  using Base::lost;
  using Base::over;
  using Base::replaced_;
  using Base::resume;
  using Base::send_headers;
  using Base::stopped;
  using Base::stream_;
  using Base::told;
  using Base::trailers;

  // Runs `body`, then what follows from where the stream stands. After the guest put out too much
  // the exchange ends as if it had trapped.
  template <typename Body>
  void guarded(const Body& body) {
    if (running_) return body();  // whoever runs it goes on
    running_ = true;
    try {
      body();
      if (!done_ && !asked_ && stream_.request().complete && !over()) ask();
      running_ = false;
      if (!done_ && stream_.reply.sent) leave_reply();
      if (!done_ && (stream_.response().complete || cut() || broken())) finish();
    } catch (const OutputLimit& limit) {
      running_ = false;
      host_.guest.fail(TrapKind::kOutOfMemory, "", limit.what());
      if (lost()) fail();
      if (!done_) finish();
    }
  }

  // The upstream has the whole request; it answers at once where nothing else is due.
  void ask() {
    asked_ = true;
    World& world = host_.world;
    if (world.idle()) {
      world.clock.passed += input_->after;
      answer();
    } else {
      world.plan(input_->after, *this, 0, stream_.id);
    }
  }

  // -- input ---------------------------------------------------------------------------------

  // `open`: the message does not end with what there is of it.
  void feed(size_t direction, const Input& input, bool open) {
    if (stopped(direction)) return;
    const bool closed = !open && !input.has_trailers;
    headers(direction, closed && input.chunks.empty());
    if (direction == 1 && left()) return;
    for (size_t i = 0; i < input.chunks.size(); ++i) {
      if (!goes_on(direction)) return;
      frame(direction, input.chunks[i], closed && i + 1 == input.chunks.size());
    }
    if (!input.has_trailers || open || !goes_on(direction)) return;
    stream_.sides[direction].trailers.assign(input.trailers);
    stream_.sides[direction].ended = true;
    trailers(direction);
  }

  // Another frame comes, unless nobody takes it. Each comes alone, and what the guest caused has
  // happened by then; but those of an HTTP/1.1 client come together.
  bool goes_on(size_t direction) {
    if (stopped(direction)) return false;
    if (!host_.world.behind() || (direction == 0 && host_.script.protocol != "HTTP/2")) return true;
    host_.world.catch_up();
    return !stopped(direction);
  }

  // Whether the client resets the stream now: when it has the headers of a response that goes on.
  bool left() {
    const Side& response = stream_.response();
    if (input_->abort != Abort::kResponse || !response.headers_sent || response.complete || cut())
      return false;
    stream_.reset = Reset::kDownstream;
    return true;
  }

  // A local reply is made whole before its client can have its headers and go; or it is held back,
  // or dropped behind its headers, which the client does not get to see.
  void leave_reply() {
    Side& response = stream_.response();
    if (input_->abort != Abort::kResponse || !response.headers_sent) return;
    if (stream_.reset == Reset::kFilter) stream_.reset = Reset::kDownstream;
    if (cut()) return;
    if (!response.complete) return leave();
    if (response.sent.empty()) return;
    response.sent.clear();
    response.complete = false;
    stream_.reset = Reset::kDownstream;
  }

  // The client resets a stream that is not over.
  void leave() {
    if (cut() || broken() || stream_.response().complete) return;
    if (stream_.reply.sent && !stream_.reply.again) stream_.reply.details = cancelled();
    stream_.reset = Reset::kDownstream;
  }

  // A reply of Envoy's own that has not been written whole never was; its headers count over
  // HTTP/1.1, and for a client that goes when it has them.
  void close() {
    const bool seen = host_.script.protocol != "HTTP/2" || input_->abort == Abort::kResponse;
    const bool written = stream_.response().headers_sent && seen;
    if (own_ && !written) stream_.reply.clear();
    if (stream_.reset == Reset::kUpstream && !written)
      stream_.torn = true;
    else
      stream_.reset = Reset::kFilter;
  }

  std::string_view cancelled() const {
    return host_.script.protocol == "HTTP/2" ? kCancelled : kHungUp;
  }

  void answer() {
    const ExchangeInput& input = *input_;
    if (input.reset && input.answer.headers.empty()) {
      stream_.reset = Reset::kUpstream;
      return reply_instead(503, kResetDetails, kResetBody);
    }
    stream_.response().headers.assign(input.answer.headers);
    feed(1, input.answer, input.reset);
    if (!input.reset || stopped(1)) return;
    stream_.reset = Reset::kUpstream;
    if (!stream_.response().headers_sent) return replace(503, kTornDetails, kResetBody);
    stream_.torn = true;
  }

  void refuse() {
    LocalReply& reply = stream_.reply;
    reply.sent = true;
    reply.status = static_cast<uint32_t>(input_->refused);
    reply.details.assign(input_->refused_details);
    make_local_reply(stream_.request().headers, reply.status, -1, reply.headers,
                     input_->refused_body, stream_.response().headers, reply_body_);
    if (host_.script.protocol != "HTTP/2") stream_.response().headers.append("connection", "close");
    send_directly();
  }

  // -- what the guest asked for --------------------------------------------------------------

  // False: a reply was made, or the stream is over.
  bool after_call() override {
    const size_t replies = replies_;
    host_.attend();
    return replies == replies_ && !broken() && !cut();
  }

  void local_reply() {
    LocalReply& reply = stream_.reply;
    ++replies_;
    reply.pending = false;
    reply.sent = true;
    Side& response = stream_.response();
    const bool begun = response.started;
    if (begun && response.headers_sent) {
      stream_.reset = Reset::kFilter;
      return;
    }
    response.clear();
    make_local_reply(input_->request.headers, reply.status, reply.grpc_status, reply.headers,
                     reply.body, response.headers, reply_body_);
    if (begun)
      send_directly();
    else
      send_via_filter();
  }

  // A reply inside the body of a reply: Envoy resets the stream. Over HTTP/2 the headers are still
  // in its hands; over HTTP/1.1 they have been written.
  void drop_reply() {
    ++replies_;
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
    if (body.empty() || broken() || cut()) return;
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
    if (!host_.call(kOnBody[1], stream_.id, arguments, ignored) && lost()) fail();
    stream_.bodies[1] = nullptr;
  }

  // It meets the filter's response callbacks.
  void reply_instead(uint32_t status, std::string_view details, std::string_view text) override {
    LocalReply& reply = stream_.reply;
    own_ = true;
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
    make_local_reply(input_->request.headers, status, grpc_status, reply.headers, text,
                     response.headers, reply_body_);
    send_directly();
  }

  bool came_with(size_t direction, std::string_view name) const override {
    if (direction == 1 && stream_.reply.sent) return true;
    const Input& input = direction == 0 ? input_->request : input_->answer;
    return input.headers.find(name) != HeaderMap::npos;
  }

  // -- the end -------------------------------------------------------------------------------

  // A stream that stays paused is cancelled by the client; then log, done and delete run as ever.
  void finish() {
    done_ = true;
    say_farewell();
    host_.leave(stream_);
  }

  void say_farewell() {
    if (input_->refused == 0) return;  // the filter never met it
    if (stream_.reply.sent && !stream_.response().complete && !stream_.reply.again &&
        stream_.reset != Reset::kFilter && stream_.reset != Reset::kDownstream)
      stream_.reply.details = cancelled();
    if (host_.guest.failed()) return;
    stream_.bodies.fill(nullptr);
    for (Side& side : stream_.sides) side.buffering = false;
    stream_.log_phase = stream_.over = true;
    stream_.logged = {&stream_.request().headers, nullptr, nullptr, nullptr};
    if (stream_.response().started)
      stream_.logged[kHttpResponseHeaders] = &stream_.response().headers;
    stream_.undated = stream_.response().headers_sent;
    stream_.logged_at = host_.world.clock.wall();
    if (stream_.response().has_trailers)
      stream_.logged[kHttpResponseTrailers] = &stream_.response().trailers;
    uint32_t ignored = 0;
    const std::array<uint32_t, 1> id{stream_.id};
    bool fine = host_.call(Callback::proxy_on_log, stream_.id, id, ignored);
    stream_.log_phase = false;
    host_.attend();  // others may end here, one inside the other
    if (!fine) return;
    fine = host_.call(Callback::proxy_on_done, stream_.id, id, ignored);
    host_.attend();
    if (!fine) return;
    host_.call(Callback::proxy_on_delete, stream_.id, id, ignored);
    host_.attend();
  }

  const ExchangeInput* input_ = nullptr;
  std::string reply_body_;
  size_t replies_ = 0;     // how many were made
  bool running_ = false;   // something of it is going on
  bool done_ = true;       // nothing more does
  bool asked_ = false;     // the upstream has the request
  bool own_ = false;       // the reply is Envoy's own
  bool rejected_ = false;  // what the filter left of the response's headers could not go on
};

}  // namespace tamis
