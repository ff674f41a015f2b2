// SPDX-License-Identifier: Apache-2.0
//
// Hashes six headers of every request, and writes the hash and how many of them there were.

#include <tamis/http.h>

namespace six_reads {

using tamis::StringView;

constexpr StringView kNames[] = {":method", ":path",  ":authority",
                                 "accept",  "cookie", "user-agent"};

/// FNV-1a of 32 bits.
class Hash {
 public:
  void add(StringView bytes) {
    for (char byte : bytes) value_ = (value_ ^ static_cast<uint8_t>(byte)) * 0x01000193;
  }

  /// Eight digits, in `to`.
  StringView hexadecimal(char (&to)[8]) const {
    for (unsigned at = 0; at < 8; ++at) to[at] = "0123456789abcdef"[value_ >> (28 - 4 * at) & 15];
    return {to, 8};
  }

 private:
  uint32_t value_ = 0x811c9dc5;
};

class Filter : public tamis::HttpFilter {
 public:
  tamis::FilterStatus on_request_headers(tamis::Headers& headers, bool) override {
    Hash hash;
    char found = '0';
    for (StringView name : kNames) {
      if (const tamis::Maybe<StringView> value = headers.get(name)) {
        ++found;
        hash.add(*value);
      }
      hash.add("\n");  // so that values do not run into each other
    }
    char digits[8];
    headers.set("x-hash", hash.hexadecimal(digits));
    headers.set("x-hashed", {&found, 1});
    return tamis::FilterStatus::Continue;
  }
};

}  // namespace six_reads

TAMIS_HTTP_FILTER(six_reads::Filter)
