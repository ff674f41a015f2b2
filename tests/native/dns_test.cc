#include "native/dns.h"

#include "check.h"

using namespace tamis;

// Each asked of Envoy 1.40.
static void at_once(const std::string& name, const std::string& address) {
  const DnsAnswer answer = resolve_dns(name);
  const std::string head("\1\0\0\0\0\0\0\0", 8);
  CHECK(answer.now && answer.bytes == head + address + std::string(1, '\0'));
}

int main() {
  at_once("127.0.0.1", "127.0.0.1:0");
  at_once("::1", "[::1]:0");
  at_once("::ffff:1.2.3.4", "[::ffff:1.2.3.4]:0");
  for (const char* name : {"localhost", "LOCALHOST", "foo.localhost"}) at_once(name, "[::1]:0");
  const std::string none(4, '\0');
  CHECK(resolve_dns("x.onion").now && resolve_dns("x.onion").bytes == none);
  for (const char* name : {"example.com", "", ".", "1.2.3", "localhost.", "10.0.0.1.", "a_b", "*.x",
                           "a/b", "-a", "notlocalhost", "256.1.1.1"})
    CHECK(!resolve_dns(name).now && resolve_dns(name).bytes == none);
  for (const std::string& name :
       {std::string("a b"), std::string("x..y"), std::string(64, 'a') + ".com",
        std::string(300, 'a'), std::string("[::1]"), std::string("127.0.0.1:80"),
        std::string("\xc3\xa9"), std::string("a@b"), std::string("127.0.0.1\0", 10)})
    CHECK(resolve_dns(name).now && resolve_dns(name).bytes.empty());
}
