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
    if (!expect(root, Kind::Object, nullptr)) return false;
    for (const Value& member : root) {
      const Key key = {nullptr, member.key};
      if (member.key != "rules") return unknown(member, key);
      if (!read_rules(member, key, rules)) return false;
    }
    return true;
  }

 private:
  /// The way to a value, kept on the stack and only written out for an error. A name, or an index.
  struct Key {
    const Key* parent;
    StringView name;
    int index = -1;

    void write(tamis::Text& text) const {
      if (parent != nullptr) parent->write(text);
      if (index >= 0) {
        text << '[' << index << ']';
      } else {
        if (parent != nullptr) text << '.';
        text << name;
      }
    }
  };

  /// What a text must be: a header's name, that of one we may change, a value, or just not empty.
  enum class Text : uint8_t { AnyName, Name, Value, Plain };

  [[gnu::noinline]] bool fail(size_t offset, const Key* key, StringView problem) {
    const tamis::json::Place place = tamis::json::place(text_, offset);
    tamis::Text line;
    line << "configuration:" << place.line << ':' << place.column << ": ";
    if (key != nullptr) {
      key->write(line);
      line << ": ";
    }
    line << problem;
    tamis::log(tamis::Level::Error, line.text());
    return false;
  }

  [[gnu::noinline]] bool unknown(const Value& member, const Key& key) {
    return fail(member.key_offset, &key, "unknown key");
  }

  [[gnu::noinline]] bool expect(const Value& value, Kind kind, const Key* key) {
    return value.is(kind) || fail(value.offset, key, expected(kind));
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

  bool read_rules(const Value& list, const Key& key, Rules& rules) {
    if (!expect(list, Kind::Array, &key)) return false;
    const Rule** last[] = {&rules.request, &rules.response};
    int index = 0;
    for (const Value& value : list) {
      Rule* rule = arena_.make<Rule>();
      if (!read_rule(value, {&key, {}, index++}, *rule)) return false;
      const Rule**& end = last[rule->on_response ? 1 : 0];
      *end = rule;
      end = &rule->next;
      if (rule->on_response && rule->when.asks_request()) ++rules.response_asks_request;
    }
    return true;
  }

  bool read_rule(const Value& value, const Key& key, Rule& rule) {
    if (!expect(value, Kind::Object, &key)) return false;
    for (const Value& member : value) {
      if (!read_part(member, {&key, member.key}, rule)) return false;
    }
    return true;
  }

  bool read_part(const Value& part, const Key& key, Rule& rule) {
    if (part.key == "message") return read_message(part, key, rule.on_response);
    if (part.key == "when") return read_condition(part, key, rule.when);
    if (part.key == "remove") return read_list(part, key, Text::Name, {}, rule.remove);
    if (part.key == "rename") return read_map(part, key, Text::Name, false, rule.rename);
    if (part.key == "set") return read_map(part, key, Text::Value, false, rule.set);
    if (part.key == "append") return read_map(part, key, Text::Value, true, rule.append);
    return unknown(part, key);
  }

  bool read_message(const Value& value, const Key& key, bool& on_response) {
    on_response = value.text == "response";
    return (value.is(Kind::String) && (on_response || value.text == "request")) ||
           fail(value.offset, &key, "expected \"request\" or \"response\"");
  }

  bool read_condition(const Value& value, const Key& key, Condition& when) {
    if (!expect(value, Kind::Object, &key)) return false;
    for (const Value& member : value) {
      if (!read_test(member, {&key, member.key}, when)) return false;
    }
    return true;
  }

  bool read_test(const Value& test, const Key& key, Condition& when) {
    if (test.key == "path_prefix") return read_text(test, key, Text::Plain, when.path_prefix);
    if (test.key == "header") return read_header_test(test, key, when);
    if (test.key != "method") return unknown(test, key);
    if (test.is(Kind::Array)) return read_list(test, key, Text::Plain, {}, when.methods);
    Pair* only = arena_.make<Pair>();
    when.methods = only;
    return read_text(test, key, Text::Plain, only->value);
  }

  bool read_header_test(const Value& value, const Key& key, Condition& when) {
    if (!expect(value, Kind::Object, &key)) return false;
    for (const Value& member : value) {
      if (!read_header_part(member, {&key, member.key}, when)) return false;
    }
    if (when.header.empty()) return fail(value.offset, &key, "name is missing");
    if (when.test == Condition::Test::None) when.test = Condition::Test::Present;
    return true;
  }

  bool read_header_part(const Value& part, const Key& key, Condition& when) {
    using Test = Condition::Test;
    if (part.key == "name") return read_text(part, key, Text::AnyName, when.header);
    const Test test = part.key == "present"  ? (part.boolean ? Test::Present : Test::Absent)
                      : part.key == "equals" ? Test::Equals
                      : part.key == "prefix" ? Test::Prefix
                                             : Test::None;
    if (test == Test::None) return unknown(part, key);
    if (when.test != Test::None) {
      return fail(part.key_offset, &key, "only one of present, equals and prefix can be tested");
    }
    when.test = test;
    when.operand = part.text;
    return expect(part, test <= Test::Absent ? Kind::Boolean : Kind::String, &key);
  }

  /// A list of texts, each with the same `name`.
  bool read_list(const Value& list, const Key& key, Text kind, StringView name, const Pair*& into) {
    if (!expect(list, Kind::Array, &key)) return false;
    int index = 0;
    for (const Value& value : list) {
      if (!read_pair(value, {&key, {}, index++}, kind, name, into)) return false;
    }
    return true;
  }

  /// {name: text}, and with `lists` also {name: [text, ...]}.
  bool read_map(const Value& map, const Key& key, Text kind, bool lists, const Pair*& into) {
    if (!expect(map, Kind::Object, &key)) return false;
    for (const Value& member : map) {
      const Key at = {&key, member.key};
      StringView name;
      if (!check(member.key, member.key_offset, at, Text::Name, name)) return false;
      const bool good = lists && member.is(Kind::Array) ? read_list(member, at, kind, name, into)
                                                        : read_pair(member, at, kind, name, into);
      if (!good) return false;
    }
    return true;
  }

  /// One more pair at the end of the list `into`.
  bool read_pair(const Value& value, const Key& key, Text kind, StringView name,
                 const Pair*& into) {
    Pair* pair = arena_.make<Pair>();
    pair->name = name;
    const Pair** end = &into;
    while (*end != nullptr) end = const_cast<const Pair**>(&(*end)->next);
    *end = pair;
    return read_text(value, key, kind, pair->value);
  }

  [[gnu::noinline]] bool read_text(const Value& value, const Key& key, Text kind,
                                   StringView& into) {
    return expect(value, Kind::String, &key) && check(value.text, value.offset, key, kind, into);
  }

  [[gnu::noinline]] bool check(StringView text, size_t offset, const Key& key, Text kind,
                               StringView& into) {
    into = text;
    if (kind == Text::Value) {
      return tamis::valid_header_value(text) ||
             fail(offset, &key, "CR, LF and NUL cannot stand in a header");
    }
    if (kind == Text::Plain) return !text.empty() || fail(offset, &key, "must not be empty");
    if (!tamis::valid_header_name(text)) return fail(offset, &key, "not a header name");
    if (kind == Text::Name && text[0] == ':') {
      return fail(offset, &key, "pseudo-headers belong to the route");
    }
    into = tamis::lower(text, arena_);
    return true;
  }

  StringView text_;
  Arena& arena_;
};

}  // namespace header_policy

#endif  // HEADER_POLICY_READER_H_
