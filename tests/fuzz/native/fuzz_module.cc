// The module reader and the load rules: any bytes end in a shape or in BadModule, at a price that
// the size of the module bounds; and what the engine calls valid is read.
#include <algorithm>
#include <vector>

#include "choices.h"
#include "native/module.h"

using namespace tamis;

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max);

// Where the sections of a module are: each one's number, and its body.
struct Section {
  size_t at = 0, body = 0, end = 0;
};

static std::vector<Section> sections(std::string_view bytes) {
  std::vector<Section> out;
  for (size_t at = 8; at + 1 < bytes.size();) {
    Section section{at, at + 1, 0};
    uint64_t size = 0;
    for (unsigned shift = 0; section.body < bytes.size() && shift < 35; shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes[section.body++]);
      size |= uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) break;
    }
    if (size > bytes.size() - section.body) break;
    at = section.end = section.body + size;
    out.push_back(section);
  }
  return out;
}

// The sizes of the sections stay right, most of the time: damage gets past the first length.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max, unsigned seed) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const std::vector<Section> all = sections(bytes);
  if (all.empty() || seed % 4 == 0) return LLVMFuzzerMutate(data, size, max);
  const Section& section = all[seed / 4 % all.size()];
  std::string body = bytes.substr(section.body, section.end - section.body);
  const size_t length = body.size();
  body.resize(length + 16);
  body.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(body.data()), length, body.size()));
  std::string out = bytes.substr(0, section.at + 1);
  for (size_t rest = body.size(); true; rest >>= 7) {
    out += static_cast<char>(rest < 0x80 ? rest : (rest & 0x7f) | 0x80);
    if (rest < 0x80) break;
  }
  out += body + bytes.substr(section.end);
  if (out.size() > max) return LLVMFuzzerMutate(data, size, max);
  std::memcpy(data, out.data(), out.size());
  return out.size();
}

static size_t weight(const ModuleShape& shape) {
  size_t bytes = 0;
  for (const ImportDecl& d : shape.imports)
    bytes += d.module.size() + d.name.size() + d.signature.params.size();
  for (const ExportDecl& d : shape.exports) bytes += d.name.size() + d.signature.params.size();
  return bytes;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const wasmtime::Api api = wasmtime::load(TAMIS_WASMTIME);
  static const Engine& engine = *new Engine(api, false, size_t{512} << 10);
  const std::vector<char> exact(data, data + size);  // nothing behind its end
  const std::string_view bytes(exact.data(), exact.size());
  bool readable = false;
  try {
    const ModuleShape shape = read_module(bytes);
    readable = true;
    CHECK(weight(shape) <= 1001 * bytes.size());
    for (const unsigned minor : {36U, 38U, 40U}) {
      LoadFacts facts;
      const auto refusal = apply_load_rules(shape, minor, Capabilities(), facts);
      CHECK(!refusal || !refusal->reason.empty());
      CHECK(facts.abi < kAbiVersions.size());
    }
    (void)unsupported_feature(shape);
  } catch (const BadModule&) {
  }
  // Compiling is what costs: one in eight, and small ones.
  if (size > 4096 || (size > 0 && data[size - 1] % 8 != 3)) return 0;
  try {
    api.module_delete(engine.compile(bytes));
  } catch (const std::invalid_argument&) {
    return 0;
  }
  CHECK(readable);
  return 0;
}
