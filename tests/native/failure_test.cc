#include "native/failure.h"

#include "check.h"

int main() {
  const tamis::Failure failure;
  CHECK(failure.kind == tamis::TrapKind::kNone && failure.text.empty() && failure.frames.empty());
}
