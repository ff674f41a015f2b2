// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "properties.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "maps.h"

namespace shim {

namespace {

enum class Type : uint8_t { kText, kNumber, kFlag, kRefused };

// Envoy's attributes; their numbers are their places. Those of headers are read from the maps.
struct Attribute {
  std::string_view path;
  Type type;
};
constexpr std::array kAttributes = std::to_array<Attribute>({
    {"request.path", Type::kText},
    {"request.url_path", Type::kText},
    {"request.host", Type::kText},
    {"request.scheme", Type::kText},
    {"request.method", Type::kText},
    {"request.headers", Type::kRefused},
    {"request.referer", Type::kText},
    {"request.useragent", Type::kText},
    {"request.time", Type::kRefused},
    {"request.id", Type::kText},
    {"request.protocol", Type::kText},
    {"request.query", Type::kText},
    {"request.duration", Type::kRefused},
    {"request.size", Type::kNumber},
    {"request.total_size", Type::kNumber},
    {"response.code", Type::kNumber},
    {"response.code_details", Type::kText},
    {"response.flags", Type::kNumber},
    {"response.grpc_status", Type::kNumber},
    {"response.headers", Type::kRefused},
    {"response.trailers", Type::kRefused},
    {"response.size", Type::kNumber},
    {"response.total_size", Type::kNumber},
    {"response.backend_latency", Type::kRefused},
    {"source.address", Type::kText},
    {"source.port", Type::kNumber},
    {"destination.address", Type::kText},
    {"destination.port", Type::kNumber},
    {"connection.id", Type::kNumber},
    {"connection.mtls", Type::kFlag},
    {"connection.requested_server_name", Type::kText},
    {"connection.tls_version", Type::kText},
    {"connection.subject_local_certificate", Type::kText},
    {"connection.subject_peer_certificate", Type::kText},
    {"connection.dns_san_local_certificate", Type::kText},
    {"connection.dns_san_peer_certificate", Type::kText},
    {"connection.uri_san_local_certificate", Type::kText},
    {"connection.uri_san_peer_certificate", Type::kText},
    {"connection.sha256_peer_certificate_digest", Type::kText},
    {"connection.transport_failure_reason", Type::kText},
    {"connection.termination_details", Type::kText},
    {"upstream.address", Type::kText},
    {"upstream.port", Type::kNumber},
    {"upstream.tls_version", Type::kText},
    {"upstream.subject_local_certificate", Type::kText},
    {"upstream.subject_peer_certificate", Type::kText},
    {"upstream.dns_san_local_certificate", Type::kText},
    {"upstream.dns_san_peer_certificate", Type::kText},
    {"upstream.uri_san_local_certificate", Type::kText},
    {"upstream.uri_san_peer_certificate", Type::kText},
    {"upstream.sha256_peer_certificate_digest", Type::kText},
    {"upstream.local_address", Type::kText},
    {"upstream.transport_failure_reason", Type::kText},
    {"upstream.request_attempt_count", Type::kNumber},
    {"upstream.cx_pool_ready_duration", Type::kRefused},
    {"upstream.locality", Type::kRefused},
    {"xds.node", Type::kRefused},
    {"xds.cluster_name", Type::kText},
    {"xds.cluster_metadata", Type::kRefused},
    {"xds.listener_direction", Type::kNumber},
    {"xds.listener_metadata", Type::kRefused},
    {"xds.route_name", Type::kText},
    {"xds.route_metadata", Type::kRefused},
    {"xds.virtual_host_name", Type::kText},
    {"xds.virtual_host_metadata", Type::kRefused},
    {"xds.upstream_host_metadata", Type::kRefused},
    {"xds.filter_chain_name", Type::kText},
});

uint32_t give(std::string& value, const void* bytes, size_t size) {
  value.assign(static_cast<const char*>(bytes), size);
  return kOk;
}

// All values of a header joined by commas.
uint32_t header(Stream& stream, uint32_t map, std::string_view name, std::string& value) {
  if (!stream.readable(map)) return kNotFound;
  const std::string key = maps::lower(name);
  bool found = false;
  for (const auto& each : maps::all(stream, map)) {
    if (name_of(each) != key) continue;
    if (found) value += ',';
    value += value_of(each);
    found = true;
  }
  return found ? kOk : kNotFound;
}

// `request.host` and its like, which are gone with the headers.
std::string_view header_of(std::string_view path) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"request.path", ":path"},      {"request.url_path", ":path"},
      {"request.query", ":path"},     {"request.host", ":authority"},
      {"request.scheme", ":scheme"},  {"request.method", ":method"},
      {"request.referer", "referer"}, {"request.useragent", "user-agent"},
      {"request.id", "x-request-id"},
  };
  for (const auto& [name, of] : kNames)
    if (name == path) return of;
  return {};
}

uint32_t of_request(Stream& stream, std::string_view path, std::string_view name,
                    std::string& value) {
  const uint32_t status = header(stream, kRequestHeaders, name, value);
  if (status != kOk || name != ":path" || path == "request.path") return status;
  const size_t mark = value.find('?');
  if (path == "request.url_path") {
    if (mark != std::string::npos) value.resize(mark);
  } else {
    value.erase(0, mark == std::string::npos ? value.size() : mark + 1);
    value.erase(std::min(value.find('#'), value.size()));
  }
  return kOk;
}

uint32_t attribute(Stream& stream, const Attribute& wanted, std::string& value) {
  const auto number = static_cast<uint32_t>(&wanted - kAttributes.data());
  if (wanted.type == Type::kText) {
    envoy::Bytes text{};
    if (!envoy_dynamic_module_callback_http_filter_get_attribute_string(stream.filter, number,
                                                                        &text))
      return kNotFound;
    return give(value, text.data, text.size);
  }
  if (wanted.type == Type::kFlag) {
    bool flag = false;
    if (!envoy_dynamic_module_callback_http_filter_get_attribute_bool(stream.filter, number, &flag))
      return kNotFound;
    return give(value, &flag, 1);
  }
  uint64_t count = 0;
  if (!envoy_dynamic_module_callback_http_filter_get_attribute_int(stream.filter, number, &count))
    return kNotFound;
  return give(value, &count, sizeof(count));
}

uint32_t state(Stream& stream, const std::string& key, std::string& value) {
  envoy::Bytes bytes{};
  if (!envoy_dynamic_module_callback_http_get_filter_state_bytes(stream.filter,
                                                                 {key.data(), key.size()}, &bytes))
    return kNotFound;
  return give(value, bytes.data, bytes.size);
}

}  // namespace

uint32_t find_property(Vm& vm, Stream* stream, std::string_view path, std::string& value) {
  std::string dotted(path);
  std::replace(dotted.begin(), dotted.end(), '\0', '.');
  const auto within = [&](std::string_view root) {
    return dotted.starts_with(root) ? path.substr(root.size()) : std::string_view();
  };
  if (path == "plugin_name") return value = vm.settings.name, kOk;
  if (path == "plugin_root_id") return value = vm.settings.root_id, kOk;
  if (path == "plugin_vm_id") return value = vm.settings.vm_id, kOk;
  if (stream == nullptr) {
    refuse("property", dotted + " of a plugin");
    return kNotFound;
  }
  if (const auto name = within("request.headers."); !name.empty())
    return header(*stream, kRequestHeaders, name, value);
  if (const auto name = within("response.headers."); !name.empty())
    return header(*stream, kResponseHeaders, name, value);
  if (const auto name = within("response.trailers."); !name.empty())
    return header(*stream, kResponseTrailers, name, value);
  if (const auto name = within("filter_state."); !name.empty())
    return state(*stream, std::string(name), value);
  if (const std::string_view name = header_of(dotted); !name.empty())
    return of_request(*stream, dotted, name, value);
  for (const Attribute& each : kAttributes)
    if (each.path == dotted && each.type != Type::kRefused) return attribute(*stream, each, value);
  if (path.find('\0') == std::string_view::npos &&
      state(*stream, "wasm." + std::string(path), value) == kOk)
    return kOk;
  refuse("property", dotted);
  return kNotFound;
}

}  // namespace shim
