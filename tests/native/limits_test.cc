#include "native/limits.h"

#include "check.h"

int main() {
  CHECK(tamis::Limits().memory == int64_t{1} << 30);
  CHECK(std::string(tamis::OutputLimit("logs", 5).what()) ==
        "output limit: more than 5 bytes of logs");
}
