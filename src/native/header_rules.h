// What Envoy's codecs write as a header, and how it tells of one that they do not.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace tamis {

namespace detail {

// Of a token (RFC 9110).
inline constexpr std::array<bool, 256> kTokenBytes = [] {
  std::array<bool, 256> is{};
  for (const unsigned char c :
       std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    is[c] = true;
  return is;
}();

}  // namespace detail

// An empty name is one; a pseudo-header's goes on behind the colon.
inline bool is_header_name(std::string_view name) {
  bool fine = name != ":";
  for (size_t i = name.starts_with(':') ? 1 : 0; i < name.size(); ++i)
    fine &= detail::kTokenBytes[static_cast<unsigned char>(name[i])];
  return fine;
}

// Anything but control characters; a tab is none.
inline bool is_header_value(std::string_view value) {
  bool odd = false;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    odd |= (byte < ' ' && byte != '\t') || byte == 0x7f;
  }
  return !odd;
}

// A name as Envoy shows it: escaped as in JSON, bytes beyond ASCII as they are.
inline std::string shown_name(std::string_view name) {
  constexpr std::string_view kShort = "\"\\\b\f\n\r\t", kLetters = "\"\\bfnrt";
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (const size_t at = kShort.find(c); at != std::string_view::npos)
      out += {'\\', kLetters[at]};
    else if (byte < ' ')
      out.append("\\u00") += {kHex[byte >> 4], kHex[byte & 15]};
    else
      out += c;
  }
  return out;
}

// What Envoy says of a request with a header of that name that it does not write, and the details.
inline std::string complaint(std::string_view name) {
  return (is_header_name(name) ? "invalid header value for: " : "invalid header name: ") +
         shown_name(name);
}
inline std::string complaint_details(std::string_view complaint) {
  std::string details("filter_removed_required_request_headers{");
  details.append(complaint) += '}';
  std::ranges::replace(details, ' ', '_');
  return details;
}

}  // namespace tamis
