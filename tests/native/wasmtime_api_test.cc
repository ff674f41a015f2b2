#include "native/wasmtime_api.h"

#include "check.h"

int main(int argc, char** argv) {
  CHECK(argc == 2);
  CHECK(throws<std::runtime_error>([] { tamis::wasmtime::load("/nowhere/lib.so"); }, "nowhere"));
  CHECK(tamis::wasmtime::load(argv[1]).engine_new != nullptr);
}
