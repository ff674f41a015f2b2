#include "native/protobuf.h"

#include "check.h"

using namespace tamis;
using namespace std::string_view_literals;

static void fields() {
  // 1: 300, 2: "ab", 3: fixed64, 5: fixed32, 16: true
  ProtobufReader reader(
      "\x08\xac\x02\x12\x02"
      "ab\x19"
      "12345678\x2d"
      "abcd\x80\x01\x01"sv);
  CHECK(reader.next() && reader.field == 1 && reader.number == 300);
  CHECK(reader.next() && reader.field == 2 && reader.bytes == "ab");
  CHECK(reader.next() && reader.field == 3 && reader.bytes == "12345678");
  CHECK(reader.next() && reader.field == 5 && reader.bytes == "abcd");
  CHECK(reader.next() && reader.field == 16 && reader.number == 1);
  CHECK(!reader.next() && !reader.broken());
  CHECK(!ProtobufReader("").next());
}

static void no_messages() {
  for (const std::string_view bytes : {"\x08"sv, "\x08\x80"sv,
                                       "\x12\x05"
                                       "ab"sv,
                                       "\xff"sv, "\x00\x01"sv, "\x0f\x01"sv, "\x0b"sv,
                                       "\x19"
                                       "1234567"sv,
                                       "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv,
                                       "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv}) {
    ProtobufReader reader(bytes);
    while (reader.next()) {
    }
    CHECK(reader.broken());
  }
}

static void texts() {
  for (const std::string_view good : {""sv, "a"sv, "\xc3\xa9"sv, "\xe2\x82\xac"sv,
                                      "\xf0\x9f\x8d\xb3"sv, "a\0b"sv, "\xf4\x8f\xbf\xbf"sv})
    CHECK(is_utf8(good));
  for (const std::string_view bad :
       {"\xff"sv, "\xc3"sv, "\xc0\x80"sv, "\xe0\x80\x80"sv, "\xed\xa0\x80"sv, "\xf4\x90\x80\x80"sv,
        "\xf5\x80\x80\x80"sv, "\x80"sv, "a\xe2\x82"sv, "\xf0\x80\x80\x80"sv, "\xc3\x28"sv})
    CHECK(!is_utf8(bad));
}

int main() {
  fields();
  no_messages();
  texts();
}
