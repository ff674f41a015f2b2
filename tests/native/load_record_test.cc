#include "native/load_record.h"

#include <cstddef>

#include "check.h"

using tamis::LoadRecord;

// What Python reads by its place.
int main() {
  CHECK(offsetof(LoadRecord, due) == 0 && offsetof(LoadRecord, begun) == 8);
  CHECK(offsetof(LoadRecord, ended) == 16 && offsetof(LoadRecord, head) == 24);
  CHECK(offsetof(LoadRecord, whole) == 32 && offsetof(LoadRecord, request) == 40);
  CHECK(offsetof(LoadRecord, status) == 44 && offsetof(LoadRecord, failure) == 46);
  CHECK(offsetof(LoadRecord, flags) == 47);
}
