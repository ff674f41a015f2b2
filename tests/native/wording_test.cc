#include "native/wording.h"

#include "check.h"

int main() {
  CHECK(tamis::one_line("plain") == "plain");
  CHECK(tamis::one_line("a\nCaused by:\n    0: b\n    1: the cause 5\n") == "the cause 5");
  CHECK(tamis::one_line("") == "" && tamis::one_line("\n\n") == "");
}
