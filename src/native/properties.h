// What the host computes for get_property, in Envoy's wire types; a fixture's own values win.
#pragma once

#include <charconv>
#include <cstring>
#include <string>
#include <string_view>

#include "host.h"
#include "local_reply.h"

namespace tamis {

namespace detail {

template <typename H>
Status give_bytes(H& host, std::string_view bytes, std::string_view& out) {
  host.value.assign(bytes);
  out = host.value;
  return kOk;
}

template <typename H>
Status give_number(H& host, int64_t number, std::string_view& out) {
  char bytes[8];
  std::memcpy(bytes, &number, 8);
  return give_bytes(host, {bytes, 8}, out);
}

// Envoy 1.x since when headers have their size as a property.
inline constexpr unsigned kHeadersBytesSince = 37;

// All values of a header joined by commas, or NOT_FOUND.
template <typename H>
Status give_header(H& host, const HeaderMap* map, std::string_view name, std::string_view& out) {
  std::string key(name), joined;
  lower(key);
  bool found = false;
  for (size_t i = 0; map != nullptr && i < map->size(); ++i) {
    if (map->name(i) != map->known(key)) continue;
    if (found) joined += ',';
    joined += map->value(i);
    found = true;
  }
  return found ? give_bytes(host, joined, out) : kNotFound;
}

// A whole map as pairs; duplicates joined, in order of first appearance.
template <typename H>
Status give_map(H& host, const HeaderMap* map, std::string_view& out) {
  HeaderMap joined;
  for (size_t i = 0; map != nullptr && i < map->size(); ++i) {
    const std::string name(map->name(i));
    if (joined.find(name) != HeaderMap::npos) continue;
    std::string_view value;
    give_header(host, map, name, value);
    joined.append(name, value);
  }
  host.value.resize(joined.serialized_size());
  joined.serialize(host.value.data());
  out = host.value;
  return kOk;
}

// The whole value of a header as a number, or `otherwise`.
inline int64_t number_in(const HeaderMap& map, std::string_view name, int64_t otherwise) {
  const size_t at = map.find(name);
  if (at == HeaderMap::npos) return otherwise;
  int64_t number = 0;
  const std::string_view text = map.value(at);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : otherwise;
}

// The declared size of a body where one is declared, else what arrived.
inline int64_t size_of(const HeaderMap* map, const Side& side) {
  const auto received = static_cast<int64_t>(side.received);
  return map == nullptr ? received : number_in(*map, "content-length", received);
}

// Of trailers or headers, else what Envoy derives from the HTTP status.
template <typename H>
Status grpc_status(H& host, std::string_view& out) {
  const Side& side = host.active().response();
  const int64_t http = number_in(side.headers, ":status", 0);
  const std::string_view derived = grpc_status_of(static_cast<uint32_t>(http));
  int64_t status = 0;
  std::from_chars(derived.data(), derived.data() + derived.size(), status);
  status = number_in(side.headers, "grpc-status", status);
  return give_number(host, number_in(side.trailers, "grpc-status", status), out);
}

template <typename H>
Status request_property(H& host, std::string_view field, std::string_view rest,
                        std::string_view& out) {
  Stream& stream = host.active();
  const HeaderMap* map = stream.readable(kHttpRequestHeaders);
  const auto header = [&](std::string_view name) { return give_header(host, map, name, out); };
  if (field == "headers") return rest.empty() ? give_map(host, map, out) : header(rest);
  if (field == "headers_bytes" && host.script.envoy_minor >= kHeadersBytesSince)
    return give_number(host, map == nullptr ? 0 : static_cast<int64_t>(map->byte_size()), out);
  if (field == "size") return give_number(host, size_of(map, stream.request()), out);
  if (field == "total_size") {
    const size_t headers = map == nullptr ? 0 : map->byte_size();
    return give_number(host, static_cast<int64_t>(stream.request().received + headers), out);
  }
  if (field == "time") return give_number(host, static_cast<int64_t>(stream.started_at), out);
  if (field == "protocol") return give_bytes(host, host.script.protocol, out);
  if (field == "duration" && stream.log_phase)
    return give_number(host, static_cast<int64_t>(host.world.clock.wall() - stream.started_at),
                       out);
  if (map == nullptr) return kNotFound;
  if (field == "path") return header(":path");
  if (field == "method") return header(":method");
  if (field == "scheme") return header(":scheme");
  if (field == "host") return header(":authority");
  if (field == "referer") return header("referer");
  if (field == "useragent") return header("user-agent");
  if (field == "id") return header("x-request-id");
  if (field != "url_path" && field != "query") return kNotFound;
  const Status status = header(":path");
  if (status != kOk) return status;
  const size_t mark = host.value.find('?');
  if (field == "url_path") {
    if (mark != std::string::npos) host.value.resize(mark);
  } else {
    host.value.erase(0, mark == std::string::npos ? host.value.size() : mark + 1);
    host.value.erase(std::min(host.value.find('#'), host.value.size()));
  }
  out = host.value;
  return kOk;
}

template <typename H>
Status response_property(H& host, std::string_view field, std::string_view rest,
                         std::string_view& out) {
  Stream& stream = host.active();
  const HeaderMap* map = stream.readable(kHttpResponseHeaders);
  if (field == "headers")
    return rest.empty() ? give_map(host, map, out) : give_header(host, map, rest, out);
  if (field == "trailers") {
    const HeaderMap* trailers = stream.readable(kHttpResponseTrailers);
    return rest.empty() ? give_map(host, trailers, out) : give_header(host, trailers, rest, out);
  }
  if (field == "headers_bytes" && host.script.envoy_minor >= kHeadersBytesSince)
    return give_number(host, map == nullptr ? 0 : static_cast<int64_t>(map->byte_size()), out);
  if (field == "flags") return give_number(host, 0, out);
  const Side& side = stream.response();
  if (field == "size") return give_number(host, static_cast<int64_t>(side.sent.size()), out);
  if (field == "total_size") {
    const HeaderMap* trailers = stream.readable(kHttpResponseTrailers);
    const size_t headers =
        (map == nullptr ? 0 : map->byte_size()) + (trailers == nullptr ? 0 : trailers->byte_size());
    return give_number(host, static_cast<int64_t>(side.sent.size() + headers), out);
  }
  if (!stream.response().started) return kNotFound;
  if (field == "grpc_status") return grpc_status(host, out);
  if (field == "code") return give_number(host, number_in(side.headers, ":status", 0), out);
  if (field == "code_details")
    return give_bytes(
        host, stream.reply.sent ? std::string_view(stream.reply.details) : "via_upstream", out);
  return kNotFound;
}

// What a TCP connection has none of, or not before it has an upstream.
inline bool lacks(const Stream& connection, std::string_view root, std::string_view field) {
  if (root == "request") return field == "protocol" || field == "duration";
  if (root == "xds" && (field.starts_with("route_") || field.starts_with("virtual_host_")))
    return true;
  if (connection.request().headers_sent) return false;
  return (root == "upstream" && field == "num_endpoints") ||
         (root == "xds" && field.starts_with("cluster_"));
}

// Whether a fixture's property is there by now: those of the node and of the plugin always are,
// what a stream brings with the stream, what an upstream has once it was found.
inline bool known_by(const Stream* stream, std::string_view root, std::string_view field) {
  if ((root == "xds" && field == "node") || root.starts_with("plugin_")) return true;
  if (stream == nullptr || (stream->network && lacks(*stream, root, field))) return false;
  if (stream->request().headers_sent) return true;
  if (root == "upstream")
    return field == "num_endpoints" || field == "request_attempt_count" ||
           field == "transport_failure_reason";
  return root != "xds" || !field.starts_with("upstream_host_");
}

// What a network filter sees of the peer before the TLS handshake, which follows
// on_new_connection: nobody, and the version it begins with; Envoy keeps to that once it was asked.
template <typename H>
Status before_handshake(H& host, std::string_view field, std::string_view& out) {
  if (field == "mtls") return give_bytes(host, std::string_view("\0", 1), out);
  if (field == "tls_version") {
    host.active().early_version = true;
    return give_bytes(host, "TLSv1.2", out);
  }
  if (field == "subject_peer_certificate") return give_bytes(host, {}, out);
  return kNotFound;
}

inline bool comes_by_handshake(std::string_view root, std::string_view field) {
  return root == "connection" &&
         (field == "mtls" || field == "tls_version" || field.ends_with("peer_certificate") ||
          field.ends_with("peer_certificate_digest"));
}

}  // namespace detail

// The value at `path` (segments joined by NUL), a view that ends with the next hostcall.
template <typename H>
Status find_property(H& host, std::string_view path, std::string_view& out) {
  const auto split = [](std::string_view text) {
    const size_t at = text.find('\0');
    return at == std::string_view::npos ? std::pair(text, std::string_view())
                                        : std::pair(text.substr(0, at), text.substr(at + 1));
  };
  const auto [root, tail] = split(path);
  const auto [field, rest] = split(tail);
  for (const auto& [key, value] : host.script.properties) {
    if (key != path) continue;
    const Stream* stream = host.in_stream() ? &host.active() : nullptr;
    if (!detail::known_by(stream, root, field)) return kNotFound;
    const bool early = stream != nullptr &&
                       (stream->arriving || (stream->early_version && field == "tls_version"));
    if (early && detail::comes_by_handshake(root, field))
      return detail::before_handshake(host, field, out);
    out = value;
    return kOk;
  }
  if (tail.empty()) {
    if (root == "plugin_name") return detail::give_bytes(host, host.plugin().input->name, out);
    if (root == "plugin_root_id")
      return detail::give_bytes(host, host.plugin().input->root_id, out);
    if (root == "plugin_vm_id") return detail::give_bytes(host, host.plugin().input->vm_id, out);
    if (root == "xds") return kSerializationFailure;
  }
  if (root == "xds" && field == "node" && (rest == "id" || rest == "cluster"))
    return detail::give_bytes(host, "tamis", out);
  if (root == "xds" && field == "node" && rest == "metadata")
    return detail::give_bytes(host, std::string_view("\0\0\0\0", 4), out);
  if (!host.in_stream()) return kNotFound;
  const bool network = host.active().network;
  if (network && detail::lacks(host.active(), root, field)) return kNotFound;
  if (root == "request" || root == "response" || root == "connection" || root == "filter_state" ||
      root == "source" || root == "destination" || root == "upstream") {
    if (tail.empty()) return kSerializationFailure;
    const bool deeper = root != "filter_state" && field.size() != tail.size();
    if (deeper && field != "headers" && field != "trailers" && field != "locality")
      return kNotFound;  // nothing is inside of it
    if (root == "request") return detail::request_property(host, field, rest, out);
    if (root == "response") return detail::response_property(host, field, rest, out);
  }
  if (path == "metadata") return detail::give_bytes(host, {}, out);
  const bool routed = host.active().request().headers_sent;
  if (routed && ((root == "xds" && field == "upstream_host_metadata") ||
                 (!network && ((root == "xds" && field == "upstream_host_locality_metadata") ||
                               path == "upstream_filter_state"))))
    return kSerializationFailure;  // there, and null
  if (root == "upstream" && field == "transport_failure_reason" && (routed || network))
    return detail::give_bytes(host, {}, out);
  if (root == "upstream" && field == "request_attempt_count")
    return detail::give_number(host, routed ? 1 : 0, out);
  if (root == "upstream" && field == "num_endpoints") return detail::give_number(host, 1, out);
  if (root == "upstream" && field == "locality" && routed) return detail::give_bytes(host, {}, out);
  if (root == "xds" && field == "cluster_name") return detail::give_bytes(host, "upstream", out);
  if (root == "xds" && field == "virtual_host_name") return detail::give_bytes(host, "all", out);
  if (root == "xds" && (field == "route_name" || field == "filter_chain_name" ||
                        field == "cluster_metadata" || field == "route_metadata" ||
                        field == "virtual_host_metadata" || field == "listener_metadata"))
    return detail::give_bytes(host, {}, out);
  if (root == "xds" && field == "listener_direction") return detail::give_number(host, 0, out);
  if (root == "connection" && field == "mtls")
    return detail::give_bytes(host, std::string_view("\0", 1), out);
  if (root == "connection" && field == "requested_server_name")
    return detail::give_bytes(host, {}, out);
  if (root == "filter_state") {
    for (const auto& [key, value] : host.active().filter_state)
      if (key == tail) return detail::give_bytes(host, value, out);
    return kNotFound;
  }
  for (const auto& [key, value] : host.active().filter_state)
    if (tail.empty() && key.size() == root.size() + 5 && key.ends_with(root))
      return detail::give_bytes(host, value, out);
  return kNotFound;
}

}  // namespace tamis
