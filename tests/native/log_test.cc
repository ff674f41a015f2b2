#include "native/log.h"

#include "check.h"

int main() {
  tamis::Log log;
  log.step = 3;
  log.add(2, 0, "one", 1000);
  log.add(4, 0, "", 1000);
  CHECK(log.lines().size() == 2 && log.text(log.lines()[0]) == "one" && log.lines()[0].step == 3);
  CHECK(log.lines()[1].level == 4 && log.text(log.lines()[1]).empty());
  CHECK(throws<tamis::OutputLimit>([&] { log.add(2, 0, std::string(1000, 'x'), 1000); },
                                   "1000 bytes of logs"));
  CHECK(throws<tamis::OutputLimit>([&] {
    for (int i = 0; i < 1000; ++i) log.add(2, 0, "", 1000);
  }));
  log.clear();
  CHECK(log.lines().empty());
}
