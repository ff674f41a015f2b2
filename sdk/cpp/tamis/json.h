// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A JSON reader (RFC 8259) for configurations: strict, with places for error messages.
#ifndef TAMIS_JSON_H_
#define TAMIS_JSON_H_

#include "tamis/json_value.h"
#include "tamis/memory.h"
#include "tamis/text.h"
#include "tamis/types.h"

namespace tamis::json {

/// What parse() gives: a value, or an error and its offset in the text.
struct Result {
  const Value* value = nullptr;
  StringView error;
  size_t offset = 0;
  explicit operator bool() const { return value != nullptr; }
};

/// One pass over one text; used by parse().
class Reader {
 public:
  Reader(StringView text, Arena& arena) : text_(text), arena_(arena) {}

  Result read() {
    auto* root = arena_.make<Value>();
    skip_space();
    if (!value(*root, 0)) return {nullptr, error_, at_};
    skip_space();
    if (at_ < text_.size()) {
      fail("expected the end");
      return {nullptr, error_, at_};
    }
    return {root, {}, 0};
  }

 private:
  static constexpr unsigned kDeepest = 32;

  [[nodiscard, gnu::noinline]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  [[gnu::noinline]] bool take(char wanted) {
    if (at_ >= text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  /// What was read from `start` on.
  [[nodiscard]] StringView since(size_t start) const { return {text_.data() + start, at_ - start}; }
  [[gnu::noinline]] bool fail(StringView error) {
    error_ = error;
    return false;
  }
  [[gnu::noinline]] void skip_space() {
    while (peek() == ' ' || peek() == '\n' || peek() == '\t' || peek() == '\r') ++at_;
  }

  bool value(Value& into, unsigned depth) {
    if (depth > kDeepest) return fail("nested too deeply");
    into.offset = static_cast<uint32_t>(at_);
    switch (peek()) {
      case '{':
      case '[':
        return children(into, depth);
      case '"':
        into.kind = Kind::String;
        return string(into.text);
      case 't':
        into.kind = Kind::Boolean;
        into.boolean = true;
        return word("true");
      case 'f':
        into.kind = Kind::Boolean;
        return word("false");
      case 'n':
        return word("null");
      default:
        into.kind = Kind::Number;
        return number(into.text);
    }
  }

  [[gnu::noinline]] bool word(StringView wanted) {
    if (!text_.substr(at_).starts_with(wanted)) return fail("expected a value");
    at_ += wanted.size();
    return true;
  }

  bool children(Value& into, unsigned depth) {
    const bool object = take('{');
    into.kind = object ? Kind::Object : Kind::Array;
    if (!object) ++at_;
    const char close = object ? '}' : ']';
    skip_space();
    if (take(close)) return true;
    Value* last = nullptr;
    do {
      skip_space();
      auto* child = arena_.make<Value>();
      child->parent_ = &into;
      if (object && !key(into, *child)) return false;
      if (!value(*child, depth + 1)) return false;
      (last != nullptr ? last->next_ : const_cast<Value*&>(into.first_)) = child;
      last = child;
      skip_space();
    } while (take(','));
    return take(close) ||
           fail(object ? StringView("expected ',' or '}'") : StringView("expected ',' or ']'"));
  }

  bool key(const Value& object, Value& member) {
    if (peek() != '"') return fail("expected a key in quotes");
    member.key_offset = static_cast<uint32_t>(at_);
    if (!string(member.key)) return false;
    if (object.find(member.key) != nullptr) {
      at_ = member.key_offset;
      return fail("duplicate key");
    }
    skip_space();
    if (!take(':')) return fail("expected ':'");
    skip_space();
    return true;
  }

  [[gnu::noinline]] bool digits() {
    const size_t start = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ > start || fail("expected a digit");
  }

  [[gnu::noinline]] bool number(StringView& into) {
    const size_t start = at_;
    take('-');
    if (at_ == start && (peek() < '0' || peek() > '9')) return fail("expected a value");
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (!digits()) return false;
    }
    into = since(start);
    return true;
  }

  /// Without escapes a view of the text itself, else decoded into the arena.
  [[gnu::noinline]] bool string(StringView& into) {
    Text decoded(arena_);
    for (size_t start = ++at_;; ++at_) {
      const auto c = static_cast<unsigned char>(peek());
      if (c < 0x20) {
        return fail(at_ < text_.size() ? StringView("control character in a string")
                                       : StringView("string without an end"));
      }
      if (c != '"' && c != '\\') continue;
      into = since(start);
      ++at_;
      if (c == '"' && decoded.text().empty()) return true;
      decoded << into;
      into = decoded.text();
      if (c == '"') return true;
      if (!escape(decoded)) return false;
      start = at_--;
    }
  }

  [[gnu::noinline]] bool escape(Text& decoded) {
    const StringView from = "\"\\/bfnrt";
    const StringView into = "\"\\/\b\f\n\r\t";
    const size_t simple = from.find(peek());
    if (simple < from.size()) {
      ++at_;
      decoded << into[simple];
      return true;
    }
    if (!take('u')) return fail("unknown escape");
    uint32_t code = hexadecimal();
    if (code > 0xFFFF) return false;
    if (code >= 0xD800 && code <= 0xDFFF) {
      const uint32_t low = code < 0xDC00 && take('\\') && take('u') ? hexadecimal() : 0;
      if (low > 0xFFFF) return false;
      if (low < 0xDC00 || low > 0xDFFF) return fail("half of a surrogate pair");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    utf8(code, decoded);
    return true;
  }

  /// Four digits; more than they can say when one is none.
  [[gnu::noinline]] uint32_t hexadecimal() {
    uint32_t code = 0;
    for (const size_t end = at_ + 4; at_ != end; ++at_) {
      const size_t digit = StringView("0123456789abcdef").find(ascii_lower(peek()));
      if (digit > 15) {
        fail("expected four hexadecimal digits");
        return UINT32_MAX;
      }
      code = code * 16 + static_cast<uint32_t>(digit);
    }
    return code;
  }

  static void utf8(uint32_t code, Text& decoded) {
    if (code < 0x80) {
      decoded << static_cast<char>(code);
      return;
    }
    const unsigned more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    decoded << static_cast<char>((0xFF00U >> (more + 1) & 0xFFU) | code >> (6 * more));
    for (unsigned left = more; left-- > 0;) {
      decoded << static_cast<char>(0x80U | (code >> (6 * left) & 0x3FU));
    }
  }

  StringView text_;
  Arena& arena_;
  StringView error_;
  size_t at_ = 0;
};

/// Reads all of `text`. Errors: broken syntax, a key twice in one object, nesting deeper than 32.
inline Result parse(StringView text, Arena& arena) { return Reader(text, arena).read(); }

/// Writes the way from the document to `value`, as in `rules[0].set.x-a`; nothing for the document.
inline void write_path(const Value& value, Text& to) {
  const Value* parent = value.parent();
  if (parent == nullptr) return;
  write_path(*parent, to);
  if (parent->is(Kind::Object)) {
    if (parent->parent() != nullptr) to << '.';
    to << value.key;
    return;
  }
  unsigned index = 0;
  for (const Value& each : *parent) {
    if (&each == &value) break;
    ++index;
  }
  to << '[' << index << ']';
}

}  // namespace tamis::json

#endif  // TAMIS_JSON_H_
