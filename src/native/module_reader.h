// What a .wasm declares: imports, exports, types, memories. Reads sections, never code.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tamis {

// Values: copies of the module's text, independent of its bytes. Types are letters: i I f F for
// i32 i64 f32 f64, v for v128, r for any reference.
struct FuncSignature {
  std::string params, results;
  bool operator==(const FuncSignature&) const = default;
};
enum class Kind : uint8_t { kFunc = 0, kTable = 1, kMemory = 2, kGlobal = 3, kTag = 4 };
struct ResizeLimits {
  uint64_t min = 0;
  std::optional<uint64_t> max;
  bool shared = false, is64 = false;
};
struct ImportDecl {
  std::string module, name;
  Kind kind;
  FuncSignature signature;  // of a function
  ResizeLimits limits;      // of a memory or table
};
struct ExportDecl {
  std::string name;
  Kind kind;
  FuncSignature signature;  // of a function
};
struct ModuleShape {
  std::vector<ImportDecl> imports;
  std::vector<ExportDecl> exports;
  size_t memories = 0;  // imported and defined
  bool has_start = false, shared_memory = false, memory64 = false, gc_types = false;

  const ExportDecl* find_export(std::string_view name, Kind kind) const {
    for (const ExportDecl& e : exports)
      if (e.kind == kind && e.name == name) return &e;
    return nullptr;
  }
};

// The bytes are no module, or end too early; the text is Envoy's.
inline constexpr const char* kCorrupted = "Failed to parse corrupted Wasm module";
// Every engine's limit on parameters, and on results. Without it a small module makes a large
// shape: each import and export has a copy of its type.
inline constexpr size_t kMaxTypes = 1000;
struct BadModule : std::runtime_error {
  using std::runtime_error::runtime_error;
};

namespace detail {

// Lives for one read of one module; every read is bounds-checked.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  bool done() const { return at_ == bytes_.size(); }
  uint8_t byte() {
    if (done()) throw BadModule(kCorrupted);
    return static_cast<uint8_t>(bytes_[at_++]);
  }
  uint64_t leb() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      const uint8_t b = byte();
      if (shift < 64) value |= uint64_t{b & 0x7fU} << shift;
      if ((b & 0x80) == 0) return value;
    }
    throw BadModule(kCorrupted);
  }
  std::string_view take(uint64_t size) {
    if (size > bytes_.size() - at_) throw BadModule(kCorrupted);
    const auto part = bytes_.substr(at_, size);
    at_ += size;
    return part;
  }
  std::string name() { return std::string(take(leb())); }
  uint8_t peek() const { return done() ? 0 : static_cast<uint8_t>(bytes_[at_]); }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
};

inline char value_type(Reader& in) {
  switch (in.byte()) {
    case 0x7f:
      return 'i';
    case 0x7e:
      return 'I';
    case 0x7d:
      return 'f';
    case 0x7c:
      return 'F';
    case 0x7b:
      return 'v';
    case 0x63:
    case 0x64:
      in.leb();
      return 'r';  // (ref null? heaptype)
    default:
      return 'r';
  }
}

inline std::string value_types(Reader& in) {
  std::string letters;
  for (uint64_t n = in.leb(); n > 0; --n) letters += value_type(in);
  if (letters.size() > kMaxTypes)
    throw BadModule("Failed to load Wasm bytecode: a function has more than 1000 parameters");
  return letters;
}

inline ResizeLimits limits(Reader& in) {
  const uint8_t flags = in.byte();
  ResizeLimits out;
  out.shared = (flags & 2) != 0;
  out.is64 = (flags & 4) != 0;
  out.min = in.leb();
  if ((flags & 1) != 0) out.max = in.leb();
  if ((flags & 8) != 0) in.leb();  // custom page size
  return out;
}

// Type entries after a GC form cannot be told apart without reading GC types: `gc_types` then.
inline std::vector<FuncSignature> types(Reader& in, ModuleShape& shape) {
  std::vector<FuncSignature> out;
  for (uint64_t n = in.leb(); n > 0; --n) {
    if (in.peek() != 0x60) {
      shape.gc_types = true;
      return out;
    }
    in.byte();
    FuncSignature signature;
    signature.params = value_types(in);
    signature.results = value_types(in);
    out.push_back(std::move(signature));
  }
  return out;
}

// Lives for one read: what export entries refer to.
struct Indices {
  std::vector<FuncSignature> types;
  std::vector<uint64_t> functions;  // the type of each, by index: a copy each would add up

  void declare(uint64_t type, const ModuleShape& shape) {
    if (type >= types.size() && !shape.gc_types) throw BadModule(kCorrupted);
    functions.push_back(type);
  }
  FuncSignature signature(uint64_t function) const {
    if (function >= functions.size()) throw BadModule(kCorrupted);
    const uint64_t type = functions[function];
    return type < types.size() ? types[type] : FuncSignature{"r", "r"};
  }
};

inline void note_memory(ModuleShape& shape, const ResizeLimits& limits) {
  ++shape.memories;
  shape.shared_memory |= limits.shared;
  shape.memory64 |= limits.is64;
}

inline void imports(Reader& in, ModuleShape& shape, Indices& indices) {
  for (uint64_t n = in.leb(); n > 0; --n) {
    ImportDecl decl;
    decl.module = in.name();
    decl.name = in.name();
    const uint8_t kind = in.byte();
    if (kind > 4) throw BadModule(kCorrupted);
    decl.kind = static_cast<Kind>(kind);
    switch (decl.kind) {
      case Kind::kFunc:
        indices.declare(in.leb(), shape);
        decl.signature = indices.signature(indices.functions.size() - 1);
        break;
      case Kind::kTable:
        value_type(in);
        decl.limits = limits(in);
        break;
      case Kind::kMemory:
        decl.limits = limits(in);
        note_memory(shape, decl.limits);
        break;
      case Kind::kGlobal:
        value_type(in);
        in.byte();
        break;
      case Kind::kTag:
        in.byte();
        in.leb();
        break;
    }
    shape.imports.push_back(std::move(decl));
  }
}

inline void exports(Reader& in, ModuleShape& shape, const Indices& indices) {
  for (uint64_t n = in.leb(); n > 0; --n) {
    ExportDecl decl;
    decl.name = in.name();
    const uint8_t kind = in.byte();
    if (kind > 4) throw BadModule(kCorrupted);
    decl.kind = static_cast<Kind>(kind);
    const uint64_t index = in.leb();
    if (decl.kind == Kind::kFunc) decl.signature = indices.signature(index);
    shape.exports.push_back(std::move(decl));
  }
}

}  // namespace detail

// Reads the sections of `bytes`; throws BadModule. Validity of the code is the engine's matter.
inline ModuleShape read_module(std::string_view bytes) {
  if (bytes.substr(0, 8) != std::string_view("\0asm\1\0\0\0", 8))
    throw BadModule("Missing or unknown Proxy-Wasm ABI version");
  detail::Reader in(bytes.substr(8));
  ModuleShape shape;
  detail::Indices indices;
  while (!in.done()) {
    const uint8_t id = in.byte();
    detail::Reader section(in.take(in.leb()));
    switch (id) {
      case 1:
        indices.types = detail::types(section, shape);
        break;
      case 2:
        detail::imports(section, shape, indices);
        break;
      case 3:
        for (uint64_t n = section.leb(); n > 0; --n) indices.declare(section.leb(), shape);
        break;
      case 5:
        for (uint64_t n = section.leb(); n > 0; --n)
          detail::note_memory(shape, detail::limits(section));
        break;
      case 7:
        detail::exports(section, shape, indices);
        break;
      case 8:
        shape.has_start = true;
        break;
      default:
        break;
    }
  }
  return shape;
}

}  // namespace tamis
