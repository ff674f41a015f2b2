// Objects of Envoy's own that set_envoy_filter_state can make, by the name they are kept under.
#pragma once

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

namespace tamis {

namespace detail {

// As absl::SimpleAtoi reads it: blanks around and a plus sign are fine.
inline std::optional<uint64_t> number_of(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  uint64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return number;
}

// The address with port 0 as Envoy writes it; empty: none.
inline std::string address_of(std::string_view text) {
  const std::string copy(text);
  std::array<char, INET6_ADDRSTRLEN> out{};
  std::array<unsigned char, 16> bytes{};
  for (const int family : {AF_INET, AF_INET6})
    if (inet_pton(family, copy.c_str(), bytes.data()) == 1) {
      inet_ntop(family, bytes.data(), out.data(), out.size());
      return family == AF_INET ? std::string(out.data()) : "[" + std::string(out.data()) + "]";
    }
  return {};
}

// "10.0.0.1:80" or "[::1]:80".
inline bool is_address_and_port(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  std::string_view host = text.substr(0, colon);
  const bool six = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (six) host = host.substr(1, host.size() - 2);
  const std::string address = address_of(host);
  const auto port = number_of(text.substr(colon + 1));
  return !address.empty() && address.starts_with('[') == six && port && *port <= 65535;
}

}  // namespace detail

// What becomes of a value given to set_envoy_filter_state.
struct EnvoyObject {
  enum class Verdict : uint8_t { kMade, kUnknown, kRefused };
  Verdict verdict = Verdict::kUnknown;
  std::optional<std::string> text;  // what the property filter_state gives back, if it can be read
};

// Of Envoy 1.40; older ones know fewer.
inline EnvoyObject make_envoy_object(std::string_view name, std::string_view value) {
  using Verdict = EnvoyObject::Verdict;
  const auto made = [](std::string_view text) {
    return EnvoyObject{Verdict::kMade, std::string(text)};
  };
  for (const std::string_view text :
       {"envoy.string", "envoy.hashable_string", "envoy.tcp_proxy.cluster",
        "envoy.network.upstream_server_name", "envoy.network.upstream_subject_alt_names",
        "envoy.upstream.dynamic_host", "envoy.network.network_namespace"})
    if (name == text) return made(value);
  if (name == "envoy.network.application_protocols") return {Verdict::kMade, std::nullopt};
  if (name == "envoy.tcp_proxy.disable_tunneling") return made(value == "true" ? "true" : "false");
  constexpr uint64_t kAny = UINT64_MAX;
  for (const auto& [number, most] :
       {std::pair<std::string_view, uint64_t>{"envoy.upstream.dynamic_port", UINT32_MAX},
        {"envoy.ratelimit.hits_addend", UINT32_MAX},
        {"envoy.tcp_proxy.per_connection_idle_timeout_ms", kAny}}) {
    if (name != number) continue;
    const auto given = detail::number_of(value);
    if (!given || *given > most) return {Verdict::kRefused, std::nullopt};
    return made(std::to_string(*given));
  }
  if (name == "envoy.network.ip") {
    const std::string address = detail::address_of(value);
    return address.empty() ? EnvoyObject{Verdict::kRefused, std::nullopt} : made(address + ":0");
  }
  for (const std::string_view address : {"envoy.network.transport_socket.original_dst_address",
                                         "envoy.filters.listener.original_dst.local_ip",
                                         "envoy.filters.listener.original_dst.remote_ip"})
    if (name == address)
      return detail::is_address_and_port(value)
                 ? made(std::string_view("\0\0\0\0", 4))  // a map of fields
                 : EnvoyObject{Verdict::kRefused, std::nullopt};
  return {};
}

}  // namespace tamis
