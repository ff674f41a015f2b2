#include "native/joined_names.h"

#include "check.h"

int main() {
  const tamis::JoinedNames names({"via", "accept", "te"});
  CHECK(names.contains("accept") && names.contains("te") && names.contains("via"));
  CHECK(!names.contains("x") && !names.contains("") && !names.contains("accep"));
  CHECK(!tamis::JoinedNames().contains("via"));
}
