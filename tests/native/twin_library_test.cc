#include "twin_support.h"

using namespace tamis;

// What stays loaded is never mistaken for the next copy.
static void copies_that_stay() {
  const TwinLibrary library(TAMIS_TWIN);
  void* first = nullptr;
  void* kept = nullptr;
  {
    const TwinCopy copy(library);
    first = copy.own("_initialize");
    Dl_info info{};
    CHECK(dladdr(first, &info) != 0);
    kept = dlopen(info.dli_fname, RTLD_NOW);  // as a thread's destructors do it
  }
  const TwinCopy copy(library);
  CHECK(copy.own("_initialize") != first);
  dlclose(kept);
}

int main() {
  copies_that_stay();
  CHECK(throws<std::runtime_error>([] { TwinLibrary("/nowhere/x.so"); }, "cannot be read"));
  const TwinLibrary library(TAMIS_TWIN);
  const TwinCopy copy(library), other(library);
  CHECK(kAbiVersions[copy.abi().value()] == "0.2.1");
  CHECK(copy.own("_initialize") != nullptr && copy.own("_initialize") != other.own("_initialize"));
  CHECK(copy.own("malloc") == nullptr && copy.any("malloc") != nullptr);
}
