#include "native/bit_writer.h"

#include "check.h"

using tamis::BitWriter;

static void the_first_bit_is_the_lowest() {
  BitWriter out;
  out.put({1, 1});
  out.put({0b10, 2});
  out.put({0, 0});
  CHECK(out.take().empty());  // not a byte yet
  out.put({0b11111, 5});
  CHECK(out.take() == "\xfd");
}

static void numbers_cross_bytes() {
  BitWriter out;
  out.put({0x7f, 7});
  out.put({0xdeadbeef, 32});
  out.put({1, 1});
  CHECK(out.take() == "\xff\x77\xdf\x56\xef");
}

static void what_is_left_is_filled() {
  BitWriter out;
  out.fill();
  CHECK(out.take().empty());
  out.put({0b101, 3});
  out.fill();
  out.fill();
  CHECK(out.take() == "\5");
  CHECK(out.take().empty());
}

int main() {
  the_first_bit_is_the_lowest();
  numbers_cross_bytes();
  what_is_left_is_filled();
}
