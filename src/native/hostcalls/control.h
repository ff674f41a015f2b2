// Local replies, resuming and closing streams, contexts. All of it happens when the callback has
// returned, see http.h.
#pragma once

#include "../host.h"

namespace tamis::hostcalls {

namespace detail {

inline void keep_details(LocalReply& reply, std::string_view details) {
  reply.details.assign(details);
  for (char& c : reply.details)
    if (c == ' ' || (c >= '\t' && c <= '\r')) c = '_';
}

// Whether a callback of the response asks, which has asked for a local reply already.
template <typename H>
bool replies_to_response(H& host) {
  return host.active().reply.pending && host.guest.running().starts_with("proxy_on_response_");
}

}  // namespace detail

// The first call of a stream wins, but for its details; the answer is always OK.
template <typename H>
uint32_t proxy_send_local_response(H& host, uint32_t status, Address<H> details,
                                   Address<H> details_size, Address<H> body, Address<H> body_size,
                                   Address<H> headers, Address<H> headers_size,
                                   uint32_t grpc_status) {
  const std::string_view details_text = host.read(details, details_size);
  const std::string_view body_text = host.read(body, body_size);
  const std::string_view header_pairs = host.read(headers, headers_size);
  if (details_text.data() == nullptr || body_text.data() == nullptr ||
      header_pairs.data() == nullptr)
    return kInvalidMemoryAccess;
  host.stop_next = true;
  if (!host.in_stream() || host.active().network) return kOk;
  if (host.active().over) throw EnvoyCrash("a local reply for a stream that is over");
  if (detail::replies_to_response(host))
    throw EnvoyCrash("two local replies in one callback of a response");
  LocalReply& reply = host.active().reply;
  if (reply.pending) {  // all that is kept of a second one
    detail::keep_details(reply, details_text);
    return kOk;
  }
  if (reply.sent && !reply.running) {
    reply.again = true;
    host.ask(Asked::kReplyAgain);
    // Envoy's own reply to a reset is held back; what it is said to be changes all the same.
    if (host.active().reset != Reset::kUpstream) return kOk;
  } else {
    reply.pending = true;
    host.ask(Asked::kReply);
  }
  reply.status = status & 0xffff;  // Envoy keeps 16 bits
  reply.grpc_status = grpc_status <= 16 ? static_cast<int32_t>(grpc_status) : -1;
  detail::keep_details(reply, details_text);
  reply.body.assign(body_text);
  reply.headers.clear();
  host.fill(reply.headers, header_pairs);
  return kOk;
}

namespace detail {

// Asks for a direction to go on; the request's maps and body are gone from then on.
template <typename H>
uint32_t resume(H& host, uint32_t direction) {
  Stream& stream = host.active();
  if (stream.network) return kOk;
  if (direction == 1 && host.in_stream() && !stream.response().started)
    throw EnvoyCrash("going on with a response that has no headers yet");
  host.ask(direction == 0 ? Asked::kResumeRequest : Asked::kResumeResponse);
  stream.maps[kHttpRequestHeaders] = stream.maps[kHttpRequestTrailers] = nullptr;
  stream.bodies[0] = nullptr;
  return kOk;
}

}  // namespace detail

template <typename H>
uint32_t proxy_continue_stream(H& host, uint32_t type) {
  if (type > 3) return kBadArgument;
  if (type == 3) return kUnimplemented;
  if (type < 2) return detail::resume(host, type);
  if (host.active().network) host.ask(Asked::kResumeRequest);
  return kOk;
}

template <typename H>
uint32_t proxy_continue_request(H& host) {
  return detail::resume(host, 0);
}

template <typename H>
uint32_t proxy_continue_response(H& host) {
  return detail::resume(host, 1);
}

template <typename H>
uint32_t proxy_close_stream(H& host, uint32_t type) {
  if (type > 3) return kBadArgument;
  if (host.active().network != (type >= 2)) return kOk;
  if (host.active().over) throw EnvoyCrash("closing a stream that is over");
  if (detail::replies_to_response(host))
    throw EnvoyCrash("closing a stream in the callback of its response that asked for a reply");
  host.ask(Asked::kClose);
  return kOk;
}

// Routes are not modelled: there is nothing to clear.
template <typename H>
uint32_t proxy_clear_route_cache(H&) {
  return kOk;
}

// Valid until the callback returns; 0 resets to the calling context.
template <typename H>
uint32_t proxy_set_effective_context(H& host, uint32_t context) {
  return host.touch(context == kVmContext ? host.current : context) ? kOk : kBadArgument;
}

// Only a plugin whose proxy_on_done returned 0 is pending; a stream that calls it means its plugin.
template <typename H>
uint32_t proxy_done(H& host) {
  if (!host.plugin().removing) return kNotFound;
  host.plugin().removing = false;
  host.plugin().removed = true;
  return kOk;
}

// One timer a plugin; setting it anew starts its period again, 0 ends it.
template <typename H>
uint32_t proxy_set_tick_period_milliseconds(H& host, uint32_t period) {
  PluginContext& plugin = host.plugin();
  plugin.tick_period = period;
  ++plugin.tick_stamp;
  host.world.forget_timer(*plugin.flow);
  if (period != 0)
    host.world.plan(uint64_t{period} * 1'000'000, *plugin.flow,
                    static_cast<uint32_t>(Happening::kTick), plugin.tick_stamp, true);
  return kOk;
}

}  // namespace tamis::hostcalls
