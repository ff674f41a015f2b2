// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Text: joining, numbers, ASCII case, and what may stand in a header.
#ifndef TAMIS_TEXT_H_
#define TAMIS_TEXT_H_

#include "tamis/memory.h"
#include "tamis/types.h"

namespace tamis {

constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// Equal but for ASCII case, as header names are compared.
[[gnu::noinline, gnu::pure]] constexpr bool equal_ignoring_case(StringView a, StringView b) {
  if (a.size() != b.size()) return false;
  for (size_t at = 0; at < a.size(); ++at) {
    if (ascii_lower(a[at]) != ascii_lower(b[at])) return false;
  }
  return true;
}

/// Equal, in a time that tells only whether the sizes differ: for keys and other secrets.
[[gnu::noinline]] inline bool equal_in_constant_time(StringView a, StringView b) {
  if (a.size() != b.size()) return false;
  volatile unsigned char difference = 0;
  for (size_t at = 0; at < a.size(); ++at) {
    difference = static_cast<unsigned char>(difference | (a[at] ^ b[at]));
  }
  return difference == 0;
}

/// A copy in `arena` with ASCII letters in lower case.
[[gnu::noinline]] inline StringView lower(StringView text, Arena& arena) {
  char* copy = arena.array<char>(text.size());
  for (size_t at = 0; at < text.size(); ++at) copy[at] = ascii_lower(text[at]);
  return {copy, text.size()};
}

/// Whether `c` is a tchar (RFC 9110, 5.6.2).
[[gnu::noinline, gnu::pure]] constexpr bool is_token_character(char c) {
  const char letter = ascii_lower(c);
  return (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') ||
         StringView("!#$%&'*+-.^_`|~").find(c) != 15;
}

/// A token (RFC 9110, 5.6.2); one leading colon is allowed for pseudo-headers.
[[gnu::noinline, gnu::pure]] constexpr bool valid_header_name(StringView name) {
  if (name.starts_with(":")) name = name.substr(1);
  for (char c : name) {
    if (!is_token_character(c)) return false;
  }
  return !name.empty();
}

/// No CR, LF or NUL: Envoy would put them on the wire as they are, which lets a value forge
/// headers.
[[gnu::noinline, gnu::pure]] constexpr bool valid_header_value(StringView value) {
  // Four bytes at a time, while none is below 14: values are long, and all are looked at.
  constexpr unsigned forbidden = 1U << '\r' | 1U << '\n' | 1U << '\0';
  const char* at = value.begin();
  size_t left = value.size();
  for (; left >= 4 && !__builtin_is_constant_evaluated(); at += 4, left -= 4) {
    uint32_t four = 0;
    __builtin_memcpy(&four, at, 4);
    if (((four - 0x0E0E0E0EU) & ~four & 0x80808080U) != 0) break;
  }
  for (; left != 0; ++at, --left) {
    const auto c = static_cast<unsigned char>(*at);
    if (c <= '\r' && (forbidden >> c & 1U) != 0) return false;
  }
  return true;
}

/// Text that is put together piece by piece. Borrows its arena; text() lives as long as that.
class Text {
 public:
  explicit Text(Arena& arena = scratch()) : arena_(arena) {}

  [[gnu::noinline]] Text& operator<<(StringView piece) {
    if (size_ + piece.size() > room_) {
      room_ = (size_ + piece.size()) * 2;
      char* larger = arena_.array<char>(room_);
      copy_to(larger, text());
      data_ = larger;
    }
    copy_to(data_ + size_, piece);
    size_ += piece.size();
    return *this;
  }
  template <size_t N>
  Text& operator<<(const char (&literal)[N]) {
    return *this << StringView(literal);
  }
  Text& operator<<(char piece) { return *this << StringView(&piece, 1); }
  // A template, so that no pointer turns into a bool.
  template <class Bool>
    requires __is_same
  (Bool, bool) Text& operator<<(Bool piece) {
    return *this << (piece ? StringView("true") : StringView("false"));
  }
  [[gnu::noinline]] Text& operator<<(unsigned long long number) {
    char digits[20];
    size_t at = sizeof(digits);
    do {
      digits[--at] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    return *this << StringView(digits + at, sizeof(digits) - at);
  }
  Text& operator<<(long long number) {
    if (number < 0) *this << '-';
    const auto bits = static_cast<unsigned long long>(number);
    return *this << (number < 0 ? 0 - bits : bits);
  }
  Text& operator<<(int number) { return *this << static_cast<long long>(number); }
  Text& operator<<(long number) { return *this << static_cast<long long>(number); }
  Text& operator<<(unsigned number) { return *this << static_cast<unsigned long long>(number); }
  Text& operator<<(unsigned long number) {
    return *this << static_cast<unsigned long long>(number);
  }

  [[nodiscard]] StringView text() const { return {data_, size_}; }

 private:
  Arena& arena_;
  char* data_ = nullptr;
  size_t size_ = 0;
  size_t room_ = 0;
};

}  // namespace tamis

#endif  // TAMIS_TEXT_H_
