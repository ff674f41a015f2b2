#include "native/header_rules.h"

#include "check.h"

using namespace tamis;

static void names_are_tokens() {
  for (const std::string_view name : {"x-a", ":path", "", "!#$%&'*+-.^_`|~09azAZ"})
    CHECK(is_header_name(name));
  for (const std::string_view name :
       {"x y", ":", "x:y", "::x", "x\n", "x\x7f", "\xc3\xa9", "(", "@"})
    CHECK(!is_header_name(name));
}

static void values_have_no_control_characters() {
  for (int c = 0; c < 256; ++c) {
    const std::string value{'a', static_cast<char>(c), 'b'};
    CHECK(is_header_value(value) == (c == '\t' || (c >= ' ' && c != 0x7f)));
  }
  CHECK(is_header_value(""));
}

static void names_are_shown_as_in_json() {
  CHECK(shown_name("x-a") == "x-a");
  CHECK(shown_name(std::string_view("a\0\x1f \n\r\t\b\f\v", 10)) ==
        "a\\u0000\\u001f \\n\\r\\t\\b\\f\\u000b");
  CHECK(shown_name("\"\\\x7f\xff") == "\\\"\\\\\x7f\xff");
}

int main() {
  names_are_tokens();
  values_have_no_control_characters();
  names_are_shown_as_in_json();
}
