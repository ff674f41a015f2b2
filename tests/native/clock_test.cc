#include "native/clock.h"

#include <string>

#include "check.h"

int main() {
  tamis::VirtualClock clock{100, 0};
  clock.passed += 7;
  CHECK(clock.wall() == 107 && clock.monotonic() == tamis::VirtualClock::kUp + 7);

  std::string one(13, '\0'), other(13, '\0'), third(13, '\0');
  tamis::Random(42).fill(one.data(), one.size());
  tamis::Random(42).fill(other.data(), other.size());
  tamis::Random(43).fill(third.data(), third.size());
  CHECK(one == other && one != third);
  CHECK(tamis::Random(0).next() == 0xe220a8397b1dcdafU);  // SplitMix64's published first value
}
