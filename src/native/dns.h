// What Envoy's resolver makes of a name. A run has no DNS: only what needs no server resolves.
#pragma once

#include <arpa/inet.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tamis {

// `now`: the answer comes inside the call. `bytes`: buffer 8 of envoy_on_resolve_dns; empty: no
// name that DNS could have. Elsewhere: u32 count, a TTL for each, the addresses ended by NUL.
struct DnsAnswer {
  bool now = false;
  std::string bytes;
};

namespace detail {

inline std::string dns_bytes(std::string_view address) {
  std::string bytes(address.empty() ? 4 : 8, '\0');
  if (address.empty()) return bytes;
  bytes[0] = 1;
  bytes.append(address);
  bytes += '\0';
  return bytes;
}

inline bool is_hostname(std::string_view name) {
  if (name.size() > 255) return false;
  size_t label = 0;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '.') {
      if (label == 0 && name.size() > 1) return false;
      label = 0;
      continue;
    }
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_' || c == '/' || c == '*';
    if (!fine || ++label > 63) return false;
  }
  return true;
}

inline bool ends_with_label(std::string_view name, std::string_view label) {
  if (name.size() < label.size()) return false;
  const size_t at = name.size() - label.size();
  for (size_t i = 0; i < label.size(); ++i)
    if ((name[at + i] | 0x20) != label[i]) return false;
  return at == 0 || name[at - 1] == '.';
}

}  // namespace detail

inline DnsAnswer resolve_dns(std::string_view name) {
  const std::string text(name);
  std::array<unsigned char, 16> bytes{};
  std::array<char, INET6_ADDRSTRLEN> out{};
  if (text.find('\0') == std::string::npos) {
    if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1)
      return {true, detail::dns_bytes(text + ":0")};
    if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) {
      inet_ntop(AF_INET6, bytes.data(), out.data(), out.size());
      return {true, detail::dns_bytes("[" + std::string(out.data()) + "]:0")};
    }
  }
  if (!detail::is_hostname(name)) return {true, {}};
  if (detail::ends_with_label(name, "localhost")) return {true, detail::dns_bytes("[::1]:0")};
  return {detail::ends_with_label(name, "onion"), detail::dns_bytes({})};
}

}  // namespace tamis
