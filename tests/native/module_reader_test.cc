#include "native/module_reader.h"

#include "check.h"
#include "wasm_bytes.h"

using tamis::Kind;

// A type of many parameters that many exports name: the shape must not be their product.
static void types_are_bounded() {
  const auto sized = [](char id, const std::string& body) {
    std::string size;
    for (size_t n = body.size(); n > 0 || size.empty(); n >>= 7)
      size += static_cast<char>((n & 0x7f) | (n >> 7 != 0 ? 0x80 : 0));
    return std::string(1, id) + size + body;
  };
  const auto module = [&](const std::string& count, size_t parameters) {
    return std::string("\0asm\1\0\0\0", 8) +
           sized(1, "\1\x60" + count + std::string(parameters, '\x7f') + std::string(1, '\0'));
  };
  tamis::read_module(module("\xe8\x07", 1000));
  CHECK(throws<tamis::BadModule>([&] { tamis::read_module(module("\xe9\x07", 1001)); },
                                 "more than 1000 parameters"));
}

int main() {
  types_are_bounded();
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
