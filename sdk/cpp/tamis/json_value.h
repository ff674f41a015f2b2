// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a JSON document is made of, and where in its text a value stands.
#ifndef TAMIS_JSON_VALUE_H_
#define TAMIS_JSON_VALUE_H_

#include "tamis/types.h"

namespace tamis::json {

enum class Kind : uint8_t { Null, Boolean, Number, String, Array, Object };

/// A value of a document. Lives in the arena it was parsed into and borrows from the parsed text.
class Value {
 public:
  Kind kind = Kind::Null;
  bool boolean = false;
  /// Where it starts in the text, in bytes; see place().
  uint32_t offset = 0;
  /// Of a string, decoded; of a number, as written.
  StringView text;
  /// Of a member of an object, decoded; and where it starts.
  StringView key;
  uint32_t key_offset = 0;

  [[nodiscard]] bool is(Kind wanted) const { return kind == wanted; }

  /// The member of that key, or null.
  [[nodiscard]] [[gnu::noinline]] const Value* find(StringView wanted) const {
    for (const Value& member : *this) {
      if (member.key == wanted) return &member;
    }
    return nullptr;
  }

  /// A number without fraction and exponent that fits, or nothing.
  [[nodiscard]] Maybe<int64_t> integer() const {
    if (kind != Kind::Number) return {};
    const bool negative = text[0] == '-';
    uint64_t magnitude = 0;
    for (char digit : text.substr(negative ? 1 : 0)) {
      if (digit < '0' || digit > '9') return {};
      const auto value = static_cast<uint64_t>(digit - '0');
      if (magnitude > (UINT64_MAX - value) / 10) return {};
      magnitude = magnitude * 10 + value;
    }
    const uint64_t most = (uint64_t{1} << 63) - (negative ? 0 : 1);
    if (magnitude > most) return {};
    return static_cast<int64_t>(negative ? 0 - magnitude : magnitude);
  }

  /// Walks over the elements of an array or the members of an object.
  class Iterator {
   public:
    explicit Iterator(const Value* at) : at_(at) {}
    const Value& operator*() const { return *at_; }
    Iterator& operator++() {
      at_ = at_->next_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }

   private:
    const Value* at_;
  };
  [[nodiscard]] Iterator begin() const { return Iterator(first_); }
  [[nodiscard]] Iterator end() const { return Iterator(nullptr); }
  [[nodiscard]] bool empty() const { return first_ == nullptr; }
  /// The array or object it stands in; null for a whole document.
  [[nodiscard]] const Value* parent() const { return parent_; }
  /// Number of elements or members.
  [[nodiscard]] size_t size() const {
    size_t count = 0;
    for (const Value& each : *this) count += sizeof(each) != 0 ? 1 : 0;
    return count;
  }

 private:
  friend class Reader;
  const Value* parent_ = nullptr;
  const Value* first_ = nullptr;
  Value* next_ = nullptr;
};

/// Line and column count from 1; the column counts characters, not bytes.
struct Place {
  uint32_t line = 1;
  uint32_t column = 1;
};

inline Place place(StringView text, size_t offset) {
  Place at;
  for (char c : text.substr(0, offset)) {
    if (c == '\n') {
      ++at.line;
      at.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80) {
      ++at.column;
    }
  }
  return at;
}

}  // namespace tamis::json

#endif  // TAMIS_JSON_VALUE_H_
