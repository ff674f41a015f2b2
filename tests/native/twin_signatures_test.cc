#include "native/twin_signatures.h"

#include <type_traits>

#include "check.h"
#include "native/abi_table.h"

#define TAMIS_COUNT(name, parameters, arguments) +1
#define TAMIS_DECLARE(name, parameters, arguments) extern "C" uint32_t name parameters;
TAMIS_TWIN_IMPORTS(TAMIS_DECLARE)

int main() {
  constexpr size_t kNamed = 0 TAMIS_TWIN_IMPORTS(TAMIS_COUNT);
  size_t known = 0;
  for (const tamis::ImportRow& row : tamis::kImports) known += row.wasi ? 0 : 1;
  CHECK(kNamed == known - 2);  // two are the C library's
  // Addresses and sizes are as wide as this machine's, numbers have 32 bits.
  static_assert(std::is_same_v<decltype(proxy_log), uint32_t(uint32_t, uintptr_t, uintptr_t)>);
  static_assert(std::is_same_v<decltype(proxy_increment_metric), uint32_t(uint32_t, uint64_t)>);
}
