// SPDX-License-Identifier: Apache-2.0
//
// Reads a policy's configuration, and says where it is wrong.
#ifndef HEADER_POLICY_READER_H_
#define HEADER_POLICY_READER_H_

#include <tamis/http.h>

#include "rules.h"

namespace header_policy {

using tamis::Arena;
using tamis::json::Kind;
using tamis::json::Value;

/// The first fault is logged as `configuration:LINE:COLUMN: KEY: what is wrong`.
class Reader {
 public:
  /// `text` and what is put into `arena` must outlive the rules.
  Reader(StringView text, Arena& arena) : text_(text), arena_(arena) {}

  /// No configuration at all is no rules.
  bool read(Rules& rules) {
    if (text_.empty()) return true;
    const tamis::json::Result result = tamis::json::parse(text_, arena_);
    if (!result) return fail(result.offset, nullptr, result.error);
    const Value& root = *result.value;
    if (!expect(root, Kind::Object)) return false;
    for (const Value& member : root) {
      if (member.key != "rules") return unknown(member);
      if (!read_rules(member, rules)) return false;
    }
    return true;
  }

 private:
  /// What a text must be: a header's name, that of one we may change, a value, or just not empty.
  enum class Text : uint8_t { AnyName, Name, Value, Plain };

  /// `at`: null when the text is no document at all.
  [[gnu::noinline]] bool fail(size_t offset, const Value* at, StringView problem) {
    const tamis::json::Place place = tamis::json::place(text_, offset);
    tamis::Text line;
    line << "configuration:" << place.line << ':' << place.column << ": ";
    if (at != nullptr && at->parent() != nullptr) {
      tamis::json::write_path(*at, line);
      line << ": ";
    }
    line << problem;
    tamis::log(tamis::Level::Error, line.text());
    return false;
  }

  [[gnu::noinline]] bool unknown(const Value& member) {
    return fail(member.key_offset, &member, "unknown key");
  }

  [[gnu::noinline]] bool expect(const Value& value, Kind kind) {
    return value.is(kind) || fail(value.offset, &value, expected(kind));
  }

  static StringView expected(Kind kind) {
    switch (kind) {
      case Kind::Object:
        return "expected an object";
      case Kind::Array:
        return "expected a list";
      case Kind::Boolean:
        return "expected true or false";
      default:
        return "expected a string";
    }
  }

  bool read_rules(const Value& list, Rules& rules) {
    if (!expect(list, Kind::Array)) return false;
    const Rule** last[] = {&rules.request, &rules.response};
    for (const Value& value : list) {
      Rule* rule = arena_.make<Rule>();
      if (!read_rule(value, *rule)) return false;
      const Rule**& end = last[rule->on_response ? 1 : 0];
      *end = rule;
      end = &rule->next;
      if (rule->on_response && rule->when.asks_request()) ++rules.response_asks_request;
    }
    return true;
  }

  bool read_rule(const Value& value, Rule& rule) {
    if (!expect(value, Kind::Object)) return false;
    for (const Value& member : value) {
      if (!read_part(member, rule)) return false;
    }
    return true;
  }

  bool read_part(const Value& part, Rule& rule) {
    if (part.key == "message") return read_message(part, rule.on_response);
    if (part.key == "when") return read_condition(part, rule.when);
    if (part.key == "remove") return read_list(part, Text::Name, {}, rule.remove);
    if (part.key == "rename") return read_map(part, Text::Name, false, rule.rename);
    if (part.key == "set") return read_map(part, Text::Value, false, rule.set);
    if (part.key == "append") return read_map(part, Text::Value, true, rule.append);
    return unknown(part);
  }

  bool read_message(const Value& value, bool& on_response) {
    on_response = value.text == "response";
    return (value.is(Kind::String) && (on_response || value.text == "request")) ||
           fail(value.offset, &value, "expected \"request\" or \"response\"");
  }

  bool read_condition(const Value& value, Condition& when) {
    if (!expect(value, Kind::Object)) return false;
    for (const Value& member : value) {
      if (!read_test(member, when)) return false;
    }
    return true;
  }

  bool read_test(const Value& test, Condition& when) {
    if (test.key == "path_prefix") return read_text(test, Text::Plain, when.path_prefix);
    if (test.key == "header") return read_header_test(test, when);
    if (test.key != "method") return unknown(test);
    if (test.is(Kind::Array)) return read_list(test, Text::Plain, {}, when.methods);
    Pair* only = arena_.make<Pair>();
    when.methods = only;
    return read_text(test, Text::Plain, only->value);
  }

  bool read_header_test(const Value& value, Condition& when) {
    if (!expect(value, Kind::Object)) return false;
    for (const Value& member : value) {
      if (!read_header_part(member, when)) return false;
    }
    if (when.header.empty()) return fail(value.offset, &value, "name is missing");
    if (when.test == Condition::Test::None) when.test = Condition::Test::Present;
    return true;
  }

  bool read_header_part(const Value& part, Condition& when) {
    using Test = Condition::Test;
    if (part.key == "name") return read_text(part, Text::AnyName, when.header);
    const Test test = part.key == "present"  ? (part.boolean ? Test::Present : Test::Absent)
                      : part.key == "equals" ? Test::Equals
                      : part.key == "prefix" ? Test::Prefix
                                             : Test::None;
    if (test == Test::None) return unknown(part);
    if (when.test != Test::None) {
      return fail(part.key_offset, &part, "only one of present, equals and prefix can be tested");
    }
    when.test = test;
    when.operand = part.text;
    return expect(part, test <= Test::Absent ? Kind::Boolean : Kind::String);
  }

  /// A list of texts, each with the same `name`.
  bool read_list(const Value& list, Text kind, StringView name, const Pair*& into) {
    if (!expect(list, Kind::Array)) return false;
    for (const Value& value : list) {
      if (!read_pair(value, kind, name, into)) return false;
    }
    return true;
  }

  /// {name: text}, and with `lists` also {name: [text, ...]}.
  bool read_map(const Value& map, Text kind, bool lists, const Pair*& into) {
    if (!expect(map, Kind::Object)) return false;
    for (const Value& member : map) {
      StringView name;
      if (!check(member.key, member.key_offset, member, Text::Name, name)) return false;
      const bool good = lists && member.is(Kind::Array) ? read_list(member, kind, name, into)
                                                        : read_pair(member, kind, name, into);
      if (!good) return false;
    }
    return true;
  }

  /// One more pair at the end of the list `into`.
  bool read_pair(const Value& value, Text kind, StringView name, const Pair*& into) {
    Pair* pair = arena_.make<Pair>();
    pair->name = name;
    const Pair** end = &into;
    while (*end != nullptr) end = const_cast<const Pair**>(&(*end)->next);
    *end = pair;
    return read_text(value, kind, pair->value);
  }

  [[gnu::noinline]] bool read_text(const Value& value, Text kind, StringView& into) {
    return expect(value, Kind::String) && check(value.text, value.offset, value, kind, into);
  }

  [[gnu::noinline]] bool check(StringView text, size_t offset, const Value& at, Text kind,
                               StringView& into) {
    into = text;
    if (kind == Text::Value) {
      return tamis::valid_header_value(text) ||
             fail(offset, &at, "CR, LF and NUL cannot stand in a header");
    }
    if (kind == Text::Plain) return !text.empty() || fail(offset, &at, "must not be empty");
    if (!tamis::valid_header_name(text)) return fail(offset, &at, "not a header name");
    if (kind == Text::Name && text[0] == ':') {
      return fail(offset, &at, "pseudo-headers belong to the route");
    }
    into = tamis::lower(text, arena_);
    return true;
  }

  StringView text_;
  Arena& arena_;
};

}  // namespace header_policy

#endif  // HEADER_POLICY_READER_H_
