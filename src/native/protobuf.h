// The wire format of protobuf, as far as the few messages need it that guests send to the host.
#pragma once

#include <cstdint>
#include <string_view>

namespace tamis {

// Whether a field of type `string` may hold the bytes.
inline bool is_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto byte = [&](size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned char first = byte(i);
    const size_t more = first < 0x80   ? 0
                        : first < 0xc2 ? 4
                        : first < 0xe0 ? 1
                        : first < 0xf0 ? 2
                                       : 3;
    if (more > 3 || first > 0xf4 || i + more >= text.size()) return false;
    for (size_t k = 1; k <= more; ++k)
      if ((byte(i + k) & 0xc0) != 0x80) return false;
    // Nothing longer than needed, no surrogates, nothing past U+10FFFF.
    if ((first == 0xe0 && byte(i + 1) < 0xa0) || (first == 0xed && byte(i + 1) > 0x9f) ||
        (first == 0xf0 && byte(i + 1) < 0x90) || (first == 0xf4 && byte(i + 1) > 0x8f))
      return false;
    i += more + 1;
  }
  return true;
}

// Walks over the fields of a message. `next` is false at the end, and where the bytes are no
// message: then `broken`.
class ProtobufReader {
 public:
  enum class Wire : uint8_t { kVarint, kFixed64, kBytes, kGroup, kGroupEnd, kFixed32 };

  explicit ProtobufReader(std::string_view bytes) : rest_(bytes) {}

  bool next() {
    if (rest_.empty() || broken_) return false;
    uint64_t tag = 0;
    if (!varint(tag) || tag >> 3 == 0 || tag > UINT32_MAX || (tag & 7) > 5) return fail();
    field = static_cast<uint32_t>(tag >> 3);
    wire = static_cast<Wire>(tag & 7);
    switch (wire) {
      case Wire::kVarint:
        return varint(number) || fail();
      case Wire::kFixed64:
        return take(8) || fail();
      case Wire::kBytes: {
        uint64_t size = 0;
        return (varint(size) && take(size)) || fail();
      }
      case Wire::kFixed32:
        return take(4) || fail();
      default:
        return fail();  // no SDK writes groups
    }
  }

  bool broken() const { return broken_; }

  uint32_t field = 0;
  Wire wire = Wire::kVarint;
  uint64_t number = 0;     // of a varint
  std::string_view bytes;  // of everything else

 private:
  bool varint(uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 70 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_[0]);
      rest_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7f) << (shift < 64 ? shift : 63);
      if (byte < 0x80) return true;
    }
    return false;
  }
  bool take(uint64_t size) {
    if (size > rest_.size()) return false;
    bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }
  bool fail() {
    broken_ = true;
    return false;
  }

  std::string_view rest_;
  bool broken_ = false;
};

}  // namespace tamis
