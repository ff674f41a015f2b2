// Local replies, resuming and closing streams, contexts. All of it happens when the callback has
// returned, see http.h.
#pragma once

#include "../host.h"

namespace tamis::hostcalls {

// The first call of a stream wins; the answer is always OK.
template <typename H>
uint32_t proxy_send_local_response(H& host, uint32_t status, uint32_t details,
                                   uint32_t details_size, uint32_t body, uint32_t body_size,
                                   uint32_t headers, uint32_t headers_size, uint32_t grpc_status) {
  const std::string_view details_text = host.read(details, details_size);
  const std::string_view body_text = host.read(body, body_size);
  const std::string_view header_pairs = host.read(headers, headers_size);
  if (details_text.data() == nullptr || body_text.data() == nullptr ||
      header_pairs.data() == nullptr)
    return kInvalidMemoryAccess;
  host.stop_next = true;
  if (!host.in_stream(host.effective)) return kOk;
  LocalReply& reply = host.stream.reply;
  if (reply.pending) return kOk;
  if (reply.sent && !reply.running) {
    reply.again = true;
    // Envoy's own reply to a reset is held back; what it is said to be changes all the same.
    if (host.stream.reset != Reset::kUpstream) return kOk;
  } else {
    reply.pending = true;
  }
  reply.status = status & 0xffff;  // Envoy keeps 16 bits
  reply.grpc_status = grpc_status <= 16 ? static_cast<int32_t>(grpc_status) : -1;
  reply.details.assign(details_text);
  for (char& c : reply.details)
    if (c == ' ' || (c >= '\t' && c <= '\r')) c = '_';
  reply.body.assign(body_text);
  reply.headers.clear();
  read_pairs(header_pairs, host.pairs);
  for (const auto& [name, value] : host.pairs) {
    host.text.assign(name);
    lower(host.text);
    reply.headers.add(host.text, value);
  }
  return kOk;
}

namespace detail {

// Asks for a direction to go on; the request's maps and body are gone from then on.
template <typename H>
uint32_t resume(H& host, uint32_t direction) {
  Stream& stream = host.active();
  stream.resume[direction] = true;
  stream.maps[kHttpRequestHeaders] = stream.maps[kHttpRequestTrailers] = nullptr;
  stream.bodies[0] = nullptr;
  return kOk;
}

}  // namespace detail

template <typename H>
uint32_t proxy_continue_stream(H& host, uint32_t type) {
  if (type > 3) return kBadArgument;
  if (type == 3) return kUnimplemented;
  return type == 2 ? uint32_t{kOk} : detail::resume(host, type);
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
  if (type < 2) host.active().close = true;
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
  const bool known =
      context <= kPluginContext || (host.stream.id != 0 && context == host.stream.id);
  if (!known) return kBadArgument;
  host.effective = context == kVmContext ? host.current : context;
  return kOk;
}

// Only a plugin whose proxy_on_done returned 0 is pending; streams never are.
template <typename H>
uint32_t proxy_done(H&) {
  return kNotFound;
}

}  // namespace tamis::hostcalls
