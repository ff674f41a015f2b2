#include "native/headers.h"

#include "check.h"

using tamis::HeaderMap;
using tamis::JoinedNames;

static HeaderMap make() {
  HeaderMap map;
  map.add("x-a", "1");
  map.add(":path", "/");
  map.add("x-a", "2");
  map.add("x-b", "");
  return map;
}

static std::string text(const HeaderMap& map) {
  std::string out;
  for (size_t i = 0; i < map.size(); ++i)
    out += std::string(map.name(i)) + "=" + std::string(map.value(i)) + ";";
  return out;
}

static void keeps_order_and_pseudo_headers_first() {
  CHECK(text(make()) == ":path=/;x-a=1;x-a=2;x-b=;");
}

static void replace_removes_all_and_appends() {
  HeaderMap map = make();
  map.replace("x-a", "9");
  CHECK(text(map) == ":path=/;x-b=;x-a=9;");
  map.replace(":path", "/z");
  CHECK(text(map) == ":path=/z;x-b=;x-a=9;");
}

static void set_changes_in_place() {
  HeaderMap map = make();
  map.set(":path", "/longer");
  map.set("x-c", "c");
  CHECK(text(map) == ":path=/longer;x-a=1;x-a=2;x-b=;x-c=c;");
}

static void counts_bytes() {
  HeaderMap map = make();
  CHECK(map.byte_size() == 6 + 4 + 4 + 3);
  map.remove("x-a");
  CHECK(map.byte_size() == 6 + 3 && map.size() == 2);
  map.remove("absent");
  CHECK(map.size() == 2);
}

static void joins_what_envoy_holds_once() {
  const JoinedNames names({"accept"});
  HeaderMap map;
  map.join(&names);
  map.add("accept", "");
  map.add("accept", "a");
  map.add("accept", "");
  map.add("accept", "b");
  map.add("x", "1");
  map.add("x", "2");
  CHECK(text(map) == "accept=a,b;x=1;x=2;");
  CHECK(map.byte_size() == 9 + 4);
}

static void a_requests_host_is_its_authority() {
  const JoinedNames names({":authority"});
  HeaderMap map;
  map.join(&names, true);
  map.add("host", "a");
  map.add(":authority", "b");
  map.add("x", "1");
  CHECK(text(map) == ":authority=a,b;x=1;" && map.find("host") == 0 && map.known("x") == "x");
  map.replace("host", "c");
  CHECK(text(map) == ":authority=c;x=1;");
  map.remove("host");
  CHECK(text(map) == "x=1;");
  map.join(&names);
  map.add("host", "a");
  CHECK(text(map) == "x=1;host=a;" && map.find(":authority") == HeaderMap::npos);
}

static void doubts_what_the_guest_writes() {
  HeaderMap fine, map;
  fine.add("x-a", "1");
  map.join(nullptr, true);
  const auto odd = [&](auto change) {
    map.assign(fine);
    change();
    const size_t at = map.unwritable();
    return at == HeaderMap::npos ? map.doubtful() ? "fine after all" : "fine" : map.name(at);
  };
  CHECK(odd([] {}) == "fine");
  CHECK(odd([&] { map.replace("x-b", "\t\xff"); }) == "fine");
  CHECK(odd([&] { map.replace("x-b", "\n"); }) == "x-b");
  CHECK(odd([&] { map.add("x-a", "\n"); }) == "x-a");
  CHECK(odd([&] { map.add("x y", "1"); }) == "x y");
  CHECK(odd([&] { map.replace(":scheme", "\n"); }) == "fine after all");
  CHECK(odd([&] {
          map.add("x-b", "\n");
          map.remove("x-b");
        }) == "fine after all");
  map.join(nullptr);
  CHECK(odd([&] { map.add("x y", "\n"); }) == "fine");
}

static void serializes_pairs() {
  HeaderMap map;
  map.add("a", "1");
  map.add("b", "22");
  std::string bytes(map.serialized_size(), 'x');
  map.serialize(bytes.data());
  const std::string expected(
      "\2\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\2\0\0\0a\0"
      "1\0b\0"
      "22\0",
      29);
  CHECK(bytes == expected);
}

static void equality_ignores_where_text_lies() {
  HeaderMap one = make(), other = make();
  CHECK(one == other);
  one.add("y", "1");
  one.remove("y");
  CHECK(one == other);
  other.set("x-b", "!");
  CHECK(!(one == other));
}

static void reuse_does_not_grow() {
  HeaderMap map;
  const std::string value(1000, 'v');
  for (int i = 0; i < 100000; ++i) map.replace("name", value);
  CHECK(map.byte_size() == 1004);
}

static void bounded() {
  HeaderMap map;
  const std::string value(1 << 20, 'v');
  CHECK(throws<tamis::OutputLimit>([&] {
    for (int i = 0; i < 100; ++i) map.add("name", value);
  }));
}

int main() {
  keeps_order_and_pseudo_headers_first();
  replace_removes_all_and_appends();
  set_changes_in_place();
  counts_bytes();
  joins_what_envoy_holds_once();
  a_requests_host_is_its_authority();
  doubts_what_the_guest_writes();
  serializes_pairs();
  equality_ignores_where_text_lies();
  reuse_does_not_grow();
  bounded();
}
