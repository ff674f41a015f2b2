// SPDX-License-Identifier: Apache-2.0
//
// Reads its configuration as JSON and logs it again, compact, and the path of every value; or where
// and why it is wrong.

#include <tamis/http.h>

using tamis::Level;
using tamis::StringView;
using tamis::Text;
using tamis::json::Kind;
using tamis::json::Value;

class Echo : public tamis::Plugin {
 public:
  bool configure(StringView text) override {
    const tamis::json::Result parsed = tamis::json::parse(text, memory());
    if (!parsed) {
      const tamis::json::Place place = tamis::json::place(text, parsed.offset);
      tamis::log(Level::Error, place.line, ":", place.column, ": ", parsed.error);
      return false;
    }
    Text written;
    write(*parsed.value, written);
    tamis::log(Level::Info, written.text());
    Text all;
    paths(*parsed.value, all);
    tamis::log(Level::Info, all.text());
    return true;
  }

 private:
  static void write(const Value& value, Text& to) {
    if (value.is(Kind::Null)) to << "null";
    if (value.is(Kind::Boolean)) to << value.boolean;
    if (value.is(Kind::String)) quote(value.text, to);
    if (value.is(Kind::Number)) {
      const tamis::Maybe<int64_t> whole = value.integer();
      whole ? to << static_cast<long long>(*whole) : to << value.text;
    }
    if (!value.is(Kind::Array) && !value.is(Kind::Object)) return;
    to << (value.is(Kind::Array) ? '[' : '{');
    bool first = true;
    for (const Value& each : value) {
      if (!first) to << ',';
      first = false;
      if (value.is(Kind::Object)) {
        quote(each.key, to);
        to << ':';
      }
      write(each, to);
    }
    to << (value.is(Kind::Array) ? ']' : '}');
  }

  static void paths(const Value& value, Text& to) {
    to << '<';
    tamis::json::write_path(value, to);
    to << '>';
    for (const Value& each : value) paths(each, to);
  }

  static void quote(StringView text, Text& to) {
    to << '"';
    for (char c : text) {
      const auto bits = static_cast<unsigned char>(c);
      if (bits < 0x20) {
        to << "\\u00" << "0123456789abcdef"[bits >> 4U] << "0123456789abcdef"[bits & 15U];
      } else {
        if (c == '"' || c == '\\') to << '\\';
        to << c;
      }
    }
    to << '"';
  }
};

class Nothing : public tamis::HttpFilter {};

TAMIS_HTTP_FILTER(Nothing, Echo)
