#include "native/limits.h"

#include "check.h"

int main() {
  CHECK(tamis::Limits().memory == int64_t{1} << 30);
  CHECK(std::string(tamis::OutputLimit("logs", 5).what()) ==
        "output limit: more than 5 bytes of logs");
  std::string body = "ab";
  tamis::append_within(4, "body", body, "cd");
  CHECK(body == "abcd");
  CHECK(throws<tamis::OutputLimit>([&] { tamis::append_within(4, "body", body, "e"); },
                                   "4 bytes of body") &&
        body == "abcd");
}
