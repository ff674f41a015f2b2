#include "twin_support.h"

using namespace tamis;

int main() {
  CHECK(throws<std::runtime_error>([] { TwinLibrary("/nowhere/x.so"); }, "cannot be read"));
  const TwinLibrary library(TAMIS_TWIN);
  const TwinCopy copy(library), other(library);
  CHECK(kAbiVersions[copy.abi().value()] == "0.2.1");
  CHECK(copy.own("_initialize") != nullptr && copy.own("_initialize") != other.own("_initialize"));
  CHECK(copy.own("malloc") == nullptr && copy.any("malloc") != nullptr);
}
