// SPDX-License-Identifier: Apache-2.0
//
// Asks other services in every way there is, and says what it is told. The path of a request
// chooses what is asked.

#include <tamis/http.h>

using tamis::Level;
using tamis::StringView;

class Asking : public tamis::HttpFilter, public tamis::OnCallout, public tamis::OnGrpc {
 public:
  tamis::FilterStatus on_request_headers(tamis::Headers& headers, bool) override {
    const StringView path = headers.get(":path").value_or({});
    const tamis::Header extra[] = {{"x-extra", "1"}};
    if (path == "/two") {
      const tamis::Maybe<uint32_t> first = tamis::call({.cluster = "svc",
                                                        .method = "POST",
                                                        .path = "/a",
                                                        .authority = "svc.example",
                                                        .headers = extra,
                                                        .body = "question"});
      const tamis::Maybe<uint32_t> second = tamis::call({.cluster = "svc", .path = "/b"});
      waiting_ = (first ? 1 : 0) + (second ? 1 : 0);
      first_ = first.value_or(0);
    } else if (path == "/refused") {
      const bool injected = bool(tamis::call({.cluster = "svc", .path = "/a\r\nx: y"}));
      const bool unknown = bool(tamis::call({.cluster = "nowhere"}));
      const bool empty = bool(tamis::grpc_call({.cluster = "", .service = "s", .method = "m"}));
      const bool stream = bool(tamis::GrpcStream::open("", "s", "m"));
      tamis::log(Level::Info, injected, " ", unknown, " ", empty, " ", stream);
    } else if (path == "/grpc") {
      const auto made = tamis::grpc_call({.cluster = "svc",
                                          .service = "s.S",
                                          .method = "Get",
                                          .message = "in",
                                          .metadata = extra});
      waiting_ = made ? 1 : 0;
    } else if (path == "/stream") {
      const auto opened = tamis::GrpcStream::open("svc", "s.S", "Talk", extra);
      if (!opened) return tamis::FilterStatus::Continue;
      stream_ = *opened;
      stream_.send("one");
      stream_.send("two", true);
      waiting_ = 1;
    } else if (path == "/reset") {
      tamis::reset_stream();
      return tamis::FilterStatus::Pause;
    }
    return waiting_ != 0 ? tamis::FilterStatus::Pause : tamis::FilterStatus::Continue;
  }

  void on_callout(tamis::CalloutReply& reply) override {
    // Written before what goes on, and yet in the request.
    tamis::Headers request(tamis::Map::RequestHeaders);
    const StringView body = reply.body.read();
    tamis::log(Level::Info, reply.call == first_ ? StringView("first ") : StringView("second "),
               reply.status(), " ", reply.headers.get("x-r").value_or("-"), " ", body, " ",
               reply.trailers.get("x-t").value_or("-"));
    answered(request);
  }

  void on_grpc_message(uint32_t number, tamis::Body& message) override {
    tamis::log(Level::Info, "message ", message.size(), " ", message.read());
    if (number == stream_.number()) return;  // more may come
    tamis::Headers request(tamis::Map::RequestHeaders);
    answered(request);
  }
  void on_grpc_headers(uint32_t, tamis::Headers& metadata) override {
    tamis::log(Level::Info, "headers ", metadata.get("x-r").value_or("-"));
  }
  void on_grpc_trailers(uint32_t, tamis::Headers& metadata) override {
    tamis::log(Level::Info, "trailers ", metadata.get("x-t").value_or("-"));
  }
  void on_grpc_close(uint32_t number, const tamis::GrpcStatus& status) override {
    tamis::log(Level::Info, "close ", status.code, " ", number == stream_.number(), " ",
               status.message().substr(0, 4));
    tamis::Headers request(tamis::Map::RequestHeaders);
    answered(request);
  }

 private:
  void answered(tamis::Headers& request) {
    if (--waiting_ != 0) return;
    tamis::resume_request();
    request.set("x-answered", "yes");
  }

  uint32_t waiting_ = 0;
  uint32_t first_ = 0;
  tamis::GrpcStream stream_;
};

TAMIS_HTTP_FILTER(Asking)
