// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stream.h"

#include <algorithm>

#include "bodies.h"
#include "maps.h"
#include "vm.h"

namespace shim {

namespace {

// Statuses of callbacks: of headers 0, 1 and 4 (all stops), of bodies 0 to 3.
constexpr uint32_t kContinue = 0, kStop = 1, kStopAll = 4, kStopNoBuffer = 3;
constexpr uint32_t kLocalReset = 0;

}  // namespace

class Stream::Hold {
 public:
  explicit Hold(Stream& stream) : stream_(stream) { ++stream.holds_; }
  Hold(const Hold&) = delete;
  ~Hold() {
    if (--stream_.holds_ == 0 && stream_.over_) delete &stream_;
  }

 private:
  Stream& stream_;
};

Stream::Stream(Vm& its_vm, envoy::Filter its_filter)
    : vm(its_vm), filter(its_filter), id(its_vm.take_id()) {
  vm.streams.emplace(id, this);
}

// A pause of headers breaks what filters assume, so it stops all unless the plugin allows it.
uint32_t Stream::headers_status(uint32_t status, bool stopped) const {
  if (stopped || status > kStopAll) return kStopAll;
  if (status == kStop && !vm.settings.allow_on_headers_stop_iteration) return kStopAll;
  return status == 2 ? kContinue : status;
}

uint32_t Stream::on_headers(size_t direction, bool end) {
  const Hold hold(*this);
  const uint32_t map = direction == 0 ? kRequestHeaders : kResponseHeaders;
  if (direction == 0) {
    created_ = true;
    vm.call(vm.exports.context_create, this, id, 0, Vm::kRoot);
    vm.attend();
  } else {
    if (!created_) return kContinue;  // Envoy answered before the filter met the request
    response_begun_ = true;
  }
  visible_[map] = true;
  end_of_stream_ = end;
  uint32_t status =
      vm.call(vm.exports.headers[direction], this, id, 0, maps::size(*this, map), end);
  status = headers_status(status, vm.stopped());
  if (status == kContinue) visible_[map] = false;
  const size_t replies = replies_;
  vm.attend();
  return over_ || replies != replies_ ? kStop : status;
}

bool Stream::too_large(size_t direction) const {
  const uint64_t limit = envoy_dynamic_module_callback_http_get_buffer_limit(filter);
  return buffering[direction] && limit != 0 && BodyView(*this, direction).size() > limit;
}

uint32_t Stream::on_body(size_t direction, bool end) {
  if (!created_) return kContinue;
  const Hold hold(*this);
  in_body[direction] = true;
  end_of_stream_ = end;
  if (too_large(direction)) {  // Envoy answers 413 or 500, and has done so if this is the end
    in_body[direction] = false;
    return end ? kStopNoBuffer : kStop;
  }
  uint32_t status =
      vm.call(vm.exports.body[direction], this, id, 0, BodyView(*this, direction).size(), end);
  if (vm.stopped() || status > kStopNoBuffer) status = kStopNoBuffer;
  buffering[direction] = status == 1;
  const size_t replies = replies_;
  vm.attend();
  if (over_ || replies != replies_) return kStopNoBuffer;
  const auto size = [&](envoy::Body which) {
    return envoy_dynamic_module_callback_http_get_body_size(filter, which);
  };
  const bool request = direction == 0;
  held[direction] = 0;
  if (status == 1 || status == 2)
    held[direction] = size(request ? envoy::Body::HeldRequest : envoy::Body::HeldResponse) +
                      size(request ? envoy::Body::ReceivedRequest : envoy::Body::ReceivedResponse);
  in_body[direction] = false;
  return status;
}

uint32_t Stream::on_trailers(size_t direction) {
  if (!created_) return kContinue;
  const Hold hold(*this);
  const uint32_t map = direction == 0 ? kRequestTrailers : kResponseTrailers;
  visible_[map] = true;
  uint32_t status = vm.call(vm.exports.trailers[direction], this, id, 0, maps::size(*this, map));
  if (vm.stopped() || status > kStop) status = kStop;
  if (status == kContinue) visible_[map] = false;
  const size_t replies = replies_;
  vm.attend();
  return over_ || replies != replies_ ? kStop : status;
}

void Stream::on_callout(uint64_t callout, envoy::CalloutEnd end, const envoy::Header* headers,
                        size_t count, const envoy::Bytes* body, size_t chunks) {
  const auto at = std::find_if(callouts_.begin(), callouts_.end(),
                               [&](const auto& each) { return each.first == callout; });
  if (at == callouts_.end()) return;
  const uint32_t number = at->second;
  callouts_.erase(at);
  const Hold hold(*this);
  Answer answer;
  answer.headers.assign(headers, headers + count);
  for (size_t i = 0; i < chunks; ++i) answer.body.append(body[i].data, body[i].size);
  vm.answered(number, std::move(answer), end != envoy::CalloutEnd::Ok);
}

void Stream::on_log() {
  if (!created_) return;
  const Hold hold(*this);
  log_phase = true;
  buffering.fill(false);
  vm.call(vm.exports.log, this, id, 0);
  vm.attend();
  log_phase = false;
}

void Stream::on_destroy() {
  const Hold hold(*this);
  visible_.fill(false);
  if (created_) {
    vm.call(vm.exports.done, this, id, 1);
    vm.call(vm.exports.erase, this, id, 0);
  }
  vm.streams.erase(id);
  over_ = true;
}

bool Stream::readable(uint32_t map) const { return map < 4 && (log_phase || visible_[map]); }

bool Stream::writable(uint32_t map) {
  if (map >= 4) return false;
  const size_t direction = map / 2;
  if (map % 2 == 1 && !visible_[map] && in_body[direction] && end_of_stream_)
    refuse("trailers of a message that has none");
  return visible_[map];
}

void Stream::ask_reply(uint32_t status, int32_t grpc_status, std::string_view details,
                       std::string_view body, const Headers& headers) {
  std::string text(details);
  for (char& c : text)
    if (c == ' ' || (c >= '\t' && c <= '\r')) c = '_';
  if (reply.pending) {  // all that is kept of a second one
    reply.details = std::move(text);
    return;
  }
  if (reply.sent && !reply.running) return vm.ask(*this, Asked::kReplyAgain);
  reply.pending = true;
  reply.status = status & 0xffff;
  reply.grpc_status = grpc_status;
  reply.details = std::move(text);
  reply.body = body;
  reply.extra.clear();
  for (const envoy::Header& each : headers)
    reply.extra.emplace_back(maps::lower(name_of(each)), value_of(each));
  vm.ask(*this, Asked::kReply);
}

void Stream::ask_resume(size_t direction) {
  vm.ask(*this, direction == 0 ? Asked::kResumeRequest : Asked::kResumeResponse);
  visible_[kRequestHeaders] = visible_[kRequestTrailers] = false;
}

void Stream::ask_close() { vm.ask(*this, Asked::kClose); }

uint32_t Stream::call_out(std::string_view cluster, Headers headers, std::string_view body,
                          uint32_t timeout, uint32_t& number) {
  uint64_t callout = 0;
  const envoy::CalloutStart start = envoy_dynamic_module_callback_http_filter_http_callout(
      filter, &callout, {cluster.data(), cluster.size()}, headers.data(), headers.size(),
      {body.data(), body.size()}, timeout);
  if (start == envoy::CalloutStart::NoCluster || start == envoy::CalloutStart::MissingHeaders)
    return kBadArgument;
  if (start != envoy::CalloutStart::Ok) return kInternalFailure;
  number = vm.take_call();
  callouts_.emplace_back(callout, number);
  return kOk;
}

void Stream::perform(Asked what) {
  const Hold hold(*this);
  if (over_) return;
  switch (what) {
    case Asked::kResumeRequest:
      if (!reply.sent) envoy_dynamic_module_callback_http_filter_continue_decoding(filter);
      return;
    case Asked::kResumeResponse:
      if (reply.held) return send_reply();
      return envoy_dynamic_module_callback_http_filter_continue_encoding(filter);
    case Asked::kClose:
      return envoy_dynamic_module_callback_http_filter_reset_stream(filter, kLocalReset, {});
    case Asked::kReply:
      if (reply.pending) make_reply();
      return;
    case Asked::kReplyAgain:
      ++replies_;
      return envoy_dynamic_module_callback_http_filter_reset_stream(filter, kLocalReset, {});
  }
}

// -- local replies

namespace {

bool is_grpc(Stream& stream) {
  std::string_view type;
  constexpr std::string_view kGrpc = "application/grpc";
  return maps::find(stream, kRequestHeaders, "content-type", type) && type.starts_with(kGrpc) &&
         (type.size() == kGrpc.size() || type[kGrpc.size()] == '+');
}

std::string_view grpc_status_of(uint32_t http) {
  switch (http) {
    case 400:
      return "13";
    case 401:
      return "16";
    case 403:
      return "7";
    case 404:
      return "12";
    case 429:
    case 502:
    case 503:
    case 504:
      return "14";
    default:
      return "2";
  }
}

}  // namespace

void Stream::make_reply() {
  ++replies_;
  reply.pending = false;
  reply.sent = true;
  if (reply.running) reply.replaced = true;
  if (response_begun_) {  // it takes the response's place, and meets no callback
    reply.headers = reply.extra;
    return send_reply();
  }
  response_begun_ = shown_ = true;
  show_reply();
}

// As Envoy would make it, and show it to a Wasm plugin.
void Stream::show_reply() {
  const bool grpc = is_grpc(*this);
  auto& headers = reply.headers;
  const auto has = [&](std::string_view name) {
    return std::any_of(headers.begin(), headers.end(),
                       [&](const auto& each) { return each.first == name; });
  };
  headers.clear();
  headers.emplace_back(":status", grpc ? "200" : std::to_string(reply.status));
  for (const auto& [name, value] : reply.extra)
    if (name != ":status") headers.emplace_back(name, value);
  reply.running = true;
  if (grpc) {
    maps::set(*this, kResponseHeaders, "content-type", "application/grpc");
    if (!has("grpc-status"))
      headers.emplace_back("grpc-status", reply.grpc_status < 0
                                              ? std::string(grpc_status_of(reply.status))
                                              : std::to_string(reply.grpc_status));
    if (!reply.body.empty()) maps::set(*this, kResponseHeaders, "grpc-message", reply.body);
  } else if (!reply.body.empty()) {
    maps::set(*this, kResponseHeaders, "content-length", std::to_string(reply.body.size()));
    if (!has("content-type")) headers.emplace_back("content-type", "text/plain");
  }
  std::string_view method;
  const bool bodiless = grpc || reply.body.empty() ||
                        (maps::find(*this, kRequestHeaders, ":method", method) && method == "HEAD");
  visible_[kResponseHeaders] = true;
  uint32_t status = vm.call(vm.exports.headers[1], this, id, 0, headers.size(), bodiless);
  bool stopped = headers_status(status, vm.stopped()) != kContinue;
  if (!stopped) visible_[kResponseHeaders] = false;
  if (reply.pending) make_reply();
  if (over_ || reply.replaced) {
    reply.running = false;
    return;
  }
  if (!bodiless && !stopped) {
    end_of_stream_ = true;
    in_body[1] = true;
    status = vm.call(vm.exports.body[1], this, id, 0, reply.body.size(), true);
    in_body[1] = false;
    stopped = vm.stopped() || status != kContinue;
  }
  reply.held = stopped;
  if (stopped) return;
  send_reply();
}

// Envoy sets the size and the type of the body in their places, if they are there; of gRPC it sets
// all that is gRPC's.
void Stream::send_reply() {
  reply.running = reply.held = false;
  uint32_t status = reply.status;
  Headers headers;
  const bool grpc = is_grpc(*this);
  const auto has = [&](std::string_view name) {
    return std::any_of(reply.headers.begin(), reply.headers.end(),
                       [&](const auto& each) { return each.first == name; });
  };
  if (!grpc && !reply.replaced && !reply.body.empty())
    for (const std::string_view name : {"content-length", "content-type"})
      if (shown_ && !has(name)) refuse("a local reply without", name);
  for (const auto& [name, value] : reply.headers) {
    if (name == ":status") {
      if (!grpc && !reply.replaced && !value.empty())
        status = static_cast<uint32_t>(std::strtoul(value.c_str(), nullptr, 10));
    } else if (!grpc || (name != "content-type" && name != "grpc-message")) {
      headers.push_back({name.data(), name.size(), value.data(), value.size()});
    }
  }
  envoy_dynamic_module_callback_http_send_response(filter, status, headers.data(), headers.size(),
                                                   {reply.body.data(), reply.body.size()},
                                                   {reply.details.data(), reply.details.size()});
}

}  // namespace shim
