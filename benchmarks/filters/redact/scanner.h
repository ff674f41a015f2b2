// SPDX-License-Identifier: Apache-2.0
//
// Finds card numbers in text that comes in pieces.
#ifndef REDACT_SCANNER_H_
#define REDACT_SCANNER_H_

#include <tamis/http.h>

namespace redact {

using tamis::StringView;

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_separator(char c) { return c == ' ' || c == '-'; }
constexpr bool is_letter(char c) {
  const char lower = tamis::ascii_lower(c);
  return (lower >= 'a' && lower <= 'z') || c == '_';
}

/// The number that ends with digits seen so far, by Luhn's sum: whichever digit will be the last.
class Luhn {
 public:
  void add(char digit) {
    const unsigned value = static_cast<unsigned>(digit - '0');
    const unsigned twice = value * 2;
    sums_[count_ % 2] += twice > 9 ? twice - 9 : twice;
    sums_[(count_ + 1) % 2] += value;
    ++count_;
  }
  [[nodiscard]] bool is_card() const {
    return count_ >= 13 && !too_long() && sums_[count_ % 2] % 10 == 0;
  }
  [[nodiscard]] bool too_long() const { return count_ > 19; }

 private:
  unsigned count_ = 0;
  /// As if digits at even places were doubled, and those at odd ones.
  unsigned sums_[2] = {0, 0};
};

/// Copies text with the numbers of cards shortened to their last four digits.
///
/// A number is 13 to 19 digits that pass Luhn's test, in groups with one space or dash between
/// them, and is no part of a word or of a decimal fraction. In JSON a number outside of a string
/// becomes one.
class Scanner {
 public:
  explicit Scanner(bool json = false) : json_(json) {}

  /// How much of `text` is done: all but the end that may be the beginning of a number, which must
  /// be the beginning of the next text. With `last` all is. What is written to `out` stands for all
  /// of `text` if anything `changed`; else nothing is written.
  size_t scan(StringView text, bool last, tamis::Text& out, bool& changed) {
    size_t copied = 0;
    size_t at = 0;
    while (at < text.size()) {
      if (before_ != Before::Nothing || escaped_ != 0 || !is_digit(text[at])) {
        pass(text[at++]);
        continue;
      }
      const Found found = find(text, at, last);
      if (found.undecided) break;
      if (found.end == 0) {
        pass(text[at++]);  // the other digits of this group follow a digit now
        continue;
      }
      out << text.substr(copied, at - copied);
      write(text.substr(at, found.end - at), out);
      at = copied = found.end;
      before_ = Before::Digit;
      changed = true;
    }
    if (copied != 0) out << text.substr(copied);
    return at;
  }

 private:
  enum class Before : uint8_t { Nothing, Letter, Digit };
  /// Where a number ends; 0: it is none.
  struct Found {
    size_t end;
    bool undecided;
  };

  [[nodiscard]] bool bare() const { return json_ && !in_string_; }

  /// The longest card number that begins at `start`, with the first digit of a group.
  [[nodiscard]] Found find(StringView text, size_t start, bool last) const {
    Luhn luhn;
    size_t end = 0;
    for (size_t at = start;;) {
      luhn.add(text[at++]);
      if (luhn.too_long()) break;
      if (at == text.size()) return last ? Found{luhn.is_card() ? at : end, false} : Found{0, true};
      if (is_digit(text[at])) continue;
      const bool ends = !is_letter(text[at]);
      const bool joins = text[at] == '.' || (is_separator(text[at]) && !bare());
      if (joins && at + 1 == text.size() && !last) return {0, true};
      const bool goes_on = joins && at + 1 < text.size() && is_digit(text[at + 1]);
      const bool fraction = goes_on && text[at] == '.';
      if (ends && !fraction && luhn.is_card()) end = at;
      if (!goes_on || fraction) break;
      ++at;
    }
    return {end, false};
  }

  void write(StringView number, tamis::Text& out) const {
    char digits[4];
    size_t left = 4;
    for (size_t at = number.size(); left != 0;) {
      if (is_digit(number[--at])) digits[--left] = number[at];
    }
    if (bare()) out << '"';
    out << "****" << StringView(digits, 4);
    if (bare()) out << '"';
  }

  /// What a character that stays means for those behind it.
  void pass(char c) {
    if (escaped_ != 0) {
      // \u and four digits, or one character.
      escaped_ = c == 'u' && escaped_ == 1 && !wide_ ? 4 : escaped_ - 1;
      wide_ = escaped_ != 0;
      before_ = Before::Nothing;
      return;
    }
    if (json_ && c == '"') in_string_ = !in_string_;
    if (json_ && in_string_ && c == '\\') escaped_ = 1;
    if (is_digit(c)) {
      if (before_ != Before::Letter) before_ = Before::Digit;
    } else if (is_letter(c) || (bare() && c == '-')) {
      before_ = Before::Letter;
    } else if (c != '.' || before_ != Before::Digit) {
      before_ = Before::Nothing;
    }
  }

  bool json_;
  bool in_string_ = false;
  /// Characters that still belong to an escape, and whether it is one of the long ones.
  uint8_t escaped_ = 0;
  bool wide_ = false;
  Before before_ = Before::Nothing;
};

}  // namespace redact

#endif  // REDACT_SCANNER_H_
