#include "native/twin_imports.h"

#include "native/twin_instance.h"
#include "twin_support.h"

extern "C" uint32_t proxy_log(uint32_t level, uintptr_t text, uintptr_t size);

int main() {
  tamis::offer_imports();
  // Nobody's code runs.
  CHECK(proxy_log(2, 0, 0) == tamis::kInternalFailure);
}
