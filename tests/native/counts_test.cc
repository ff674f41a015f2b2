#include "native/counts.h"

#include "check.h"

int main() {
  const tamis::Counts counts;
  CHECK(counts.bytes_in == 0 && counts.imports.size() == tamis::kImports.size());
  CHECK(tamis::kEntries[static_cast<size_t>(tamis::Entry::_start)] == "_start");
}
