#include "native/module_reader.h"

#include "check.h"
#include "wasm_bytes.h"

using tamis::Kind;

int main() {
  const std::string bytes = wasm::filter();
  const tamis::ModuleShape shape = tamis::read_module(bytes);
  CHECK(shape.imports.size() == 1 && shape.imports[0].module == "env" &&
        shape.imports[0].name == "proxy_log");
  CHECK(shape.imports[0].signature.params == "iii" && shape.imports[0].signature.results == "i");
  CHECK(shape.memories == 1 && !shape.has_start && !shape.gc_types);
  CHECK(shape.find_export("malloc", Kind::kFunc)->signature.params == "i");
  CHECK(shape.find_export("memory", Kind::kFunc) == nullptr &&
        shape.find_export("memory", Kind::kMemory) != nullptr);
  CHECK(throws<tamis::BadModule>([] { tamis::read_module(""); }, "ABI version"));
  for (size_t cut = 9; cut < bytes.size(); ++cut) {
    try {
      tamis::read_module(std::string_view(bytes).substr(0, cut));  // must not read past the end
    } catch (const tamis::BadModule&) {
    }
  }
  std::string noise = bytes;
  for (size_t at = 8; at < noise.size(); ++at) {
    noise[at] = static_cast<char>(noise[at] ^ 0x55);
    try {
      tamis::read_module(noise);
    } catch (const tamis::BadModule&) {
    }
  }
}
