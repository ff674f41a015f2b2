// HTTP and gRPC callouts: who answers is in the script, when it is answered in plugin_flow.h.
#pragma once

#include "../host.h"
#include "../local_reply.h"

namespace tamis::hostcalls {

namespace detail {

using Kind = CalloutRecord::Kind;

inline bool matches(const CalloutRule& rule, const CalloutRecord& record) {
  if (rule.cluster != record.cluster) return false;
  for (const auto& [name, value] : rule.headers) {
    const size_t at = record.headers.find(name);
    if (at == HeaderMap::npos || record.headers.value(at) != value) return false;
  }
  if (!rule.body) return true;
  const bool grpc = record.kind != Kind::kHttp;
  return rule.body(grpc && !record.messages.empty() ? record.messages[0] : record.body);
}

// The rule that answers, used up once; nullptr: none. Rules that say a cluster is not there never
// answer.
template <typename H>
const CalloutRule* take_rule(H& host, const CalloutRecord& record) {
  const auto& rules = host.script.callouts;
  for (size_t i = 0; i < rules.size(); ++i) {
    if (rules[i].reply.no_cluster || host.world.left[i] == 0 || !matches(rules[i], record))
      continue;
    if (host.world.left[i] != UINT64_MAX) --host.world.left[i];
    return &rules[i];
  }
  return nullptr;
}

// Whether a rule names the cluster; one that none names, not even to say that it is not there, is a
// hole in the fixture.
template <typename H>
bool cluster_exists(H& host, CalloutRecord& record) {
  bool denied = false;
  for (const CalloutRule& rule : host.script.callouts) {
    if (rule.cluster != record.cluster) continue;
    if (!rule.reply.no_cluster) return true;
    denied = true;
  }
  record.made = false;
  if (!denied) host.world.record(record, false);
  return false;
}

template <typename H>
uint32_t next_call_id(H& host, Kind kind) {
  uint32_t& next = host.next_call[static_cast<size_t>(kind)];
  const uint32_t id = next;
  next += 4;
  return id;
}

// Plans the end of `call`: its answer, or before it the guest's timeout. Milliseconds; 0: none.
template <typename H>
void plan(H& host, Call& call, Happening what, uint32_t timeout) {
  const CalloutReply* reply = call.rule == nullptr ? nullptr : &call.rule->reply;
  const uint64_t limit = timeout == 0 ? UINT64_MAX : uint64_t{timeout} * 1'000'000;
  const bool silent = reply != nullptr && reply->timeout;
  const uint64_t after = reply == nullptr ? 0 : reply->after;
  call.late = limit != UINT64_MAX && (silent || after > limit);
  if (silent && !call.late) return;  // never
  host.world.plan(call.late ? limit : after, *host.plugin().flow, static_cast<uint32_t>(what),
                  call.id);
}

}  // namespace detail

namespace detail {

// What Envoy adds to a callout on its way to the cluster.
inline void dress(HeaderMap& headers, size_t body, uint32_t timeout) {
  if (headers.find(":scheme") == HeaderMap::npos) headers.append(":scheme", "http");
  if (body != 0) headers.set("content-length", std::to_string(body));
  headers.append("x-envoy-internal", "true");
  if (timeout != 0) headers.append("x-envoy-expected-rq-timeout-ms", std::to_string(timeout));
}

}  // namespace detail

template <typename H>
uint32_t proxy_http_call(H& host, Address<H> cluster, Address<H> cluster_size, Address<H> headers,
                         Address<H> headers_size, Address<H> body, Address<H> body_size,
                         Address<H> trailers, Address<H> trailers_size, uint32_t timeout,
                         Address<H> id_out) {
  const std::string_view name = host.read(cluster, cluster_size);
  const std::string_view header_pairs = host.read(headers, headers_size);
  const std::string_view bytes = host.read(body, body_size);
  const std::string_view trailer_pairs = host.read(trailers, trailers_size);
  if (name.data() == nullptr || header_pairs.data() == nullptr || bytes.data() == nullptr ||
      trailer_pairs.data() == nullptr)
    return kInvalidMemoryAccess;
  CalloutRecord record;
  record.cluster.assign(name);
  record.headers.join(&host.script.joined[0], true);
  host.fill(record.headers, header_pairs);
  record.body.assign(bytes);
  // Envoy's client sends no trailers.
  if (!host.write(id_out, uint32_t{0})) return kInvalidMemoryAccess;
  if (static_cast<int32_t>(timeout) < 0 || !detail::cluster_exists(host, record))
    return kBadArgument;
  for (const std::string_view needed : {":path", ":method", ":authority"})
    if (record.headers.find(needed) == HeaderMap::npos) return kBadArgument;
  Call call;
  call.id = detail::next_call_id(host, record.kind);
  if (record.headers.unwritable() != HeaderMap::npos) return kInternalFailure;
  detail::dress(record.headers, bytes.size(), timeout);
  call.rule = detail::take_rule(host, record);
  call.record = host.world.record(std::move(record), call.rule != nullptr);
  detail::plan(host, call, Happening::kHttp, timeout);
  host.plugin().calls.push_back(call);
  return host.write(id_out, call.id) ? kOk : kInvalidMemoryAccess;
}

namespace detail {

// The cluster's name: the argument is a serialized GrpcService or the name itself. Of a GrpcService
// only `envoy_grpc { cluster_name }` is read (field 1, in it field 1).
inline std::string_view grpc_cluster(std::string_view upstream) {
  const auto field = [](std::string_view bytes) -> std::string_view {
    if (bytes.size() < 2 || bytes[0] != 0x0a) return {};
    const auto size = static_cast<unsigned char>(bytes[1]);
    return size < 128 && bytes.size() >= 2U + size ? bytes.substr(2, size) : std::string_view();
  };
  const std::string_view inner = field(field(upstream));
  return inner.empty() ? upstream : inner;
}

// A call's headers as the cluster sees them.
template <typename H>
void dress_grpc(H& host, CalloutRecord& record, std::string_view service, std::string_view method,
                std::string_view metadata, uint32_t timeout) {
  HeaderMap& headers = record.headers;
  headers.join(&host.script.joined[0], true);
  headers.append(":method", "POST");
  headers.add(":path", "/" + std::string(service) + "/" + std::string(method));
  headers.append(":authority", record.cluster);
  headers.append(":scheme", "http");
  headers.append("te", "trailers");
  if (timeout != 0) headers.append("grpc-timeout", std::to_string(timeout) + "m");
  headers.append("content-type", "application/grpc");
  host.fill(headers, metadata);
  headers.append("x-envoy-internal", "true");
  if (timeout != 0) headers.append("x-envoy-expected-rq-timeout-ms", std::to_string(timeout));
}

// A stream that is not let go: the guest hears what took the place of an answer inside its call,
// and of the end when its callback has returned.
template <typename H>
void lose_grpc(H& host, const Call& call) {
  PluginContext& plugin = host.plugin();
  const uint32_t current = host.current, effective = host.effective;
  HeaderMap none, trailers;
  trailers.append(":status", "200");
  trailers.append("content-type", "application/grpc");
  trailers.append("grpc-status", tamis::detail::grpc_status_of(503));
  trailers.append("grpc-message", tamis::detail::percent_encode(call.refused));
  const auto hear = [&](Callback callback, const HeaderMap*& shown, const HeaderMap& metadata) {
    uint32_t ignored = 0;
    shown = &metadata;
    host.call(callback, plugin.id,
              std::array{plugin.id, call.id, static_cast<uint32_t>(metadata.size())}, ignored);
    shown = nullptr;
  };
  hear(Callback::proxy_on_grpc_receive_initial_metadata, plugin.grpc.headers, none);
  hear(Callback::proxy_on_grpc_receive_trailing_metadata, plugin.grpc.trailers, trailers);
  host.current = current;
  host.touch(effective);
}

template <typename H>
uint32_t open_grpc(H& host, Kind kind, std::string_view upstream, std::string_view service,
                   std::string_view method, std::string_view metadata, uint32_t timeout,
                   Call& call) {
  if (upstream.empty()) throw EnvoyCrash("a gRPC call to an empty upstream");
  CalloutRecord record;
  record.kind = kind;
  record.cluster.assign(grpc_cluster(upstream));
  dress_grpc(host, record, service, method, metadata, timeout);
  if (!cluster_exists(host, record)) return kParseFailure;
  call.id = next_call_id(host, kind);
  call.kind = kind;
  if (const size_t odd = record.headers.unwritable(); odd != HeaderMap::npos) {
    call.refused = complaint(record.headers.name(odd));
    host.plugin().calls.push_back(call);
    host.world.plan_next(*host.plugin().flow, static_cast<uint32_t>(Happening::kGrpc), call.id);
    if (kind == Kind::kGrpcStream) lose_grpc(host, call);
    return kInternalFailure;
  }
  call.record = host.world.record(std::move(record), true);
  return kOk;
}

// The server meets the call's first message, or its end.
template <typename H>
void answer_grpc(H& host, Call& call, uint32_t timeout) {
  if (!call.answering) {
    call.answering = true;
    if (CalloutRecord* record = host.world.callout(call.record)) {
      call.rule = take_rule(host, *record);
      record->answered = call.rule != nullptr;
    }
    plan(host, call, Happening::kGrpc, timeout);
  } else if (call.spoken && call.half_closed) {
    host.world.plan(0, *host.plugin().flow, static_cast<uint32_t>(Happening::kGrpc), call.id);
  }
}

}  // namespace detail

template <typename H>
uint32_t proxy_grpc_call(H& host, Address<H> upstream, Address<H> upstream_size, Address<H> service,
                         Address<H> service_size, Address<H> method, Address<H> method_size,
                         Address<H> metadata, Address<H> metadata_size, Address<H> message,
                         Address<H> message_size, uint32_t timeout, Address<H> id_out) {
  const std::string_view to = host.read(upstream, upstream_size);
  const std::string_view service_name = host.read(service, service_size);
  const std::string_view method_name = host.read(method, method_size);
  const std::string_view pairs = host.read(metadata, metadata_size);
  const std::string_view bytes = host.read(message, message_size);
  if (to.data() == nullptr || service_name.data() == nullptr || method_name.data() == nullptr ||
      pairs.data() == nullptr || bytes.data() == nullptr)
    return kInvalidMemoryAccess;
  Call call;
  const uint32_t status = detail::open_grpc(host, detail::Kind::kGrpcCall, to, service_name,
                                            method_name, pairs, timeout, call);
  if (status != kOk) return status;
  host.world.add_message(call.record, bytes);
  call.half_closed = true;
  detail::answer_grpc(host, call, timeout);
  host.plugin().calls.push_back(call);
  return host.write(id_out, call.id) ? kOk : kInvalidMemoryAccess;
}

template <typename H>
uint32_t proxy_grpc_stream(H& host, Address<H> upstream, Address<H> upstream_size,
                           Address<H> service, Address<H> service_size, Address<H> method,
                           Address<H> method_size, Address<H> metadata, Address<H> metadata_size,
                           Address<H> id_out) {
  const std::string_view to = host.read(upstream, upstream_size);
  const std::string_view service_name = host.read(service, service_size);
  const std::string_view method_name = host.read(method, method_size);
  const std::string_view pairs = host.read(metadata, metadata_size);
  if (to.data() == nullptr || service_name.data() == nullptr || method_name.data() == nullptr ||
      pairs.data() == nullptr)
    return kInvalidMemoryAccess;
  Call call;
  const uint32_t status = detail::open_grpc(host, detail::Kind::kGrpcStream, to, service_name,
                                            method_name, pairs, 0, call);
  if (status != kOk) return status;
  host.plugin().calls.push_back(call);
  return host.write(id_out, call.id) ? kOk : kInvalidMemoryAccess;
}

template <typename H>
uint32_t proxy_grpc_send(H& host, uint32_t id, Address<H> message, Address<H> size, uint32_t end) {
  const std::string_view bytes = host.read(message, size);
  if (bytes.data() == nullptr) return kInvalidMemoryAccess;
  if ((id & 3) != static_cast<uint32_t>(detail::Kind::kGrpcStream)) return kBadArgument;
  Call* call = host.plugin().find_call(id);
  if (call == nullptr || call->half_closed) return kNotFound;
  host.world.add_message(call->record, bytes);
  call->half_closed = end != 0;
  detail::answer_grpc(host, *call, 0);
  return kOk;
}

namespace detail {

// Cancels, or ends the guest's side of a stream.
template <typename H>
uint32_t stop_grpc(H& host, uint32_t id, bool cancel) {
  const uint32_t kind = id & 3;
  if (kind != static_cast<uint32_t>(Kind::kGrpcCall) &&
      kind != static_cast<uint32_t>(Kind::kGrpcStream))
    return kBadArgument;
  Call* call = host.plugin().find_call(id);
  if (call == nullptr) return kNotFound;
  if (cancel || call->kind == Kind::kGrpcCall) {
    std::erase_if(host.plugin().calls, [&](const Call& each) { return each.id == id; });
    return kOk;
  }
  if (call->half_closed) return kOk;
  call->half_closed = true;
  answer_grpc(host, *call, 0);
  return kOk;
}

}  // namespace detail

template <typename H>
uint32_t proxy_grpc_close(H& host, uint32_t id) {
  return detail::stop_grpc(host, id, false);
}

template <typename H>
uint32_t proxy_grpc_cancel(H& host, uint32_t id) {
  return detail::stop_grpc(host, id, true);
}

}  // namespace tamis::hostcalls
