// The module reader and the load rules: any bytes end in a shape or in BadModule, at a price that
// the size of the module bounds; and what the engine calls valid is read.
#include "module_maker.h"
#include "native/module.h"
#include "wasm_bytes.h"

using namespace tamis;

// Sections, with their headers.
static std::vector<std::string> sections(const std::string& bytes) {
  std::vector<std::string> out;
  size_t at = 8;
  while (at < bytes.size()) {
    const size_t start = at++;
    uint64_t size = 0;
    unsigned shift = 0;
    do size |= uint64_t{static_cast<unsigned char>(bytes[at]) & 0x7fU} << shift, shift += 7;
    while ((bytes[at++] & 0x80) != 0);
    at += size;
    out.push_back(bytes.substr(start, at - start));
  }
  return out;
}

// The structure damaged, the sizes of the sections right: damage gets past the first length.
static std::string damaged(const std::string& good, fuzz::Random& random) {
  if (random.chance(3)) {
    std::string copy = good;
    fuzz::damage(copy, random, random.chance(4) ? 0 : 8);
    return copy;
  }
  std::vector<std::string> parts = sections(good);
  const size_t at = random.below(parts.size());
  const size_t header = parts[at].size() < 130 ? 2 : 3;
  switch (random.below(8)) {
    case 0:
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    case 1:
      parts.push_back(parts[at]);
      break;
    case 2:
      std::swap(parts[at], parts[random.below(parts.size())]);
      break;
    default: {
      std::string body = parts[at].substr(header);
      fuzz::damage(body, random);
      parts[at] = parts[at].substr(0, 1) + fuzz::sized(body);
      break;
    }
  }
  std::string out = good.substr(0, 8);
  for (const std::string& part : parts) out += part;
  return out;
}

static size_t weight(const ModuleShape& shape) {
  size_t bytes = 0;
  for (const ImportDecl& d : shape.imports)
    bytes += d.module.size() + d.name.size() + d.signature.params.size();
  for (const ExportDecl& d : shape.exports) bytes += d.name.size() + d.signature.params.size();
  return bytes;
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  const wasmtime::Api api = wasmtime::load(argv[1]);
  const auto engine = std::make_shared<const Engine>(api, false, size_t{512} << 10);
  size_t read = 0, valid = 0;
  fuzz::run("module", 8000, 25, [&](fuzz::Random& random) {
    const std::string good = random.chance(2) ? wasm::filter() : fuzz::ModuleMaker(random).make();
    const std::string copy = damaged(good, random);
    const std::vector<char> exact(copy.begin(), copy.end());  // nothing behind its end
    const std::string_view bytes(exact.data(), exact.size());
    bool readable = false;
    try {
      const ModuleShape shape = read_module(bytes);
      readable = true;
      ++read;
      CHECK(weight(shape) <= 1001 * bytes.size());
      LoadFacts facts;
      const auto refusal = apply_load_rules(shape, 36 + random.below(6), facts);
      CHECK(!refusal || !refusal->reason.empty());
      CHECK(facts.abi < kAbiVersions.size());
      (void)unsupported_feature(shape);
    } catch (const BadModule&) {
    }
    // Compiling is what costs: every second, and small ones.
    if (!random.chance(2) || bytes.size() > 4096) return;
    try {
      api.module_delete(engine->compile(bytes));
    } catch (const std::invalid_argument&) {
      return;
    }
    ++valid;
    CHECK(readable);
  });
  std::printf("%zu read, %zu valid\n", read, valid);
  CHECK(fuzz::setting("TAMIS_FUZZ_ROUND", UINT64_MAX) != UINT64_MAX || (read > 0 && valid > 0));
}
