// The response Envoy makes of a local reply.
#pragma once

#include <charconv>
#include <string>
#include <string_view>

#include "headers.h"

namespace tamis {

// What Envoy says of an upstream that resets its stream, before or behind the response's headers:
// the details, and the body it answers with.
inline constexpr std::string_view kResetDetails =
    "upstream_reset_before_response_started{remote_reset}";
inline constexpr std::string_view kTornDetails =
    "upstream_reset_after_response_started{remote_reset}";
inline constexpr std::string_view kResetBody =
    "upstream connect error or disconnect/reset before headers. reset reason: remote reset";

namespace detail {

inline bool is_grpc(const HeaderMap& request) {
  const size_t method = request.find(":method");
  if (method != HeaderMap::npos && request.value(method) == "CONNECT") return false;
  const size_t at = request.find("content-type");
  if (at == HeaderMap::npos) return false;
  const std::string_view type = request.value(at);
  constexpr std::string_view kGrpc = "application/grpc";
  return type.starts_with(kGrpc) && (type.size() == kGrpc.size() || type[kGrpc.size()] == '+');
}

inline std::string_view grpc_status_of(uint32_t http) {
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

inline std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= ' ' && c <= '~' && c != '%') {
      out += c;
      continue;
    }
    constexpr char kHex[] = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return out;
}

}  // namespace detail

// Fills `headers` with the reply's headers and `body` with its body, for a request that came with
// `request` headers; `extra` are the headers the guest gave, of which none changes the status,
// `grpc_status` -1 when it gave none.
inline void make_local_reply(const HeaderMap& request, uint32_t status, int32_t grpc_status,
                             const HeaderMap& extra, std::string_view text, HeaderMap& headers,
                             std::string& body) {
  char number[12];
  const auto digits = [&](int64_t value) {
    return std::string_view(
        number, static_cast<size_t>(std::to_chars(number, number + 12, value).ptr - number));
  };
  headers.clear();
  body.clear();
  headers.append(":status", digits(status));
  for (size_t i = 0; i < extra.size(); ++i)
    if (extra.name(i) != ":status") headers.add(extra.name(i), extra.value(i));
  const size_t method = request.find(":method");
  const bool head = method != HeaderMap::npos && request.value(method) == "HEAD";
  if (detail::is_grpc(request)) {
    headers.set(":status", "200");
    headers.set("content-type", "application/grpc");
    const size_t at = headers.find("grpc-status");
    if (at == HeaderMap::npos || headers.value(at).empty())
      headers.set("grpc-status",
                  grpc_status < 0 ? detail::grpc_status_of(status) : digits(grpc_status));
    if (!text.empty() && !head) headers.set("grpc-message", detail::percent_encode(text));
    headers.remove("content-length");
    return;
  }
  if (text.empty()) {
    headers.remove("content-length");
    headers.remove("content-type");
    return;
  }
  headers.set("content-length", digits(static_cast<int64_t>(text.size())));
  if (headers.find("content-type") == HeaderMap::npos) headers.append("content-type", "text/plain");
  if (!head) body.assign(text);
}

}  // namespace tamis
