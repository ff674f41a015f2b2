// Makes valid filters of choices: every callback and entry point may be there, every host function
// may be called with any arguments. What comes out is valid by construction, so the fuzzer spends
// its time in the host and not in being refused.
#pragma once

#include <string>
#include <vector>

#include "choices.h"
#include "native/abi_table.h"

namespace fuzz {

inline std::string leb(uint64_t value) {
  std::string out;
  do {
    const auto low = static_cast<unsigned char>(value & 0x7f);
    value >>= 7;
    out += static_cast<char>(value != 0 ? low | 0x80 : low);
  } while (value != 0);
  return out;
}

inline std::string sleb(int64_t value) {
  std::string out;
  while (true) {
    const auto low = static_cast<unsigned char>(value & 0x7f);
    value >>= 7;
    const bool last = (value == 0 && (low & 0x40) == 0) || (value == -1 && (low & 0x40) != 0);
    out += static_cast<char>(last ? low : low | 0x80);
    if (last) return out;
  }
}

inline std::string sized(const std::string& bytes) { return leb(bytes.size()) + bytes; }

inline std::string vec(const std::vector<std::string>& items) {
  std::string out = leb(items.size());
  for (const std::string& item : items) out += item;
  return out;
}

// Lives for one module.
class ModuleMaker {
 public:
  explicit ModuleMaker(Choices& choices) : choices_(choices), abi_(choices.below(3)) {}

  std::string make() {
    choose_imports();
    function("", "", std::string(tamis::kAbiMarkers[abi_]), "");
    // An allocator of a kind: sometimes what the host asks for is not there.
    function("i", "i", "malloc", choices_.chance(8) ? number() : "\x41" + sleb(4096));
    if (choices_.chance(9)) function("", "", "_initialize", statements(1));
    for (const tamis::CallbackRow& row : tamis::kCallbacks) {
      if ((row.abis >> abi_ & 1) == 0) continue;
      const std::string_view params = row.params[abi_];
      const bool starts = row.name == "proxy_on_vm_start" || row.name == "proxy_on_configure" ||
                          row.name == "proxy_on_context_create";
      if (!starts && choices_.chance(3)) continue;
      std::string body = starts && !choices_.chance(8) ? "" : statements(3);
      if (!row.results.empty()) body += starts && !choices_.chance(20) ? "\x41\1" : number();
      function(params, row.results, std::string(row.name), body);
    }
    exports_.push_back(sized("memory") + "\2" + std::string(1, '\0'));
    return module();
  }

 private:
  void choose_imports() {
    for (size_t i = 0; i < tamis::kImports.size(); ++i) {
      const tamis::ImportRow& row = tamis::kImports[i];
      if ((row.abis >> abi_ & 1) == 0 || row.since > 40 || choices_.chance(3)) continue;
      imports_.push_back(sized(row.wasi ? "wasi_snapshot_preview1" : "env") +
                         sized(std::string(row.name)) + std::string(1, '\0') +
                         leb(type(row.params, row.results)));
      called_.push_back(&row);
    }
  }

  size_t type(std::string_view params, std::string_view results) {
    const auto letters = [](std::string_view all) {
      std::string out = leb(all.size());
      for (const char c : all) out += c == 'I' ? '\x7e' : '\x7f';
      return out;
    };
    const std::string entry = "\x60" + letters(params) + letters(results);
    for (size_t i = 0; i < types_.size(); ++i)
      if (types_[i] == entry) return i;
    types_.push_back(entry);
    return types_.size() - 1;
  }

  void function(std::string_view params, std::string_view results, const std::string& name,
                const std::string& body) {
    exports_.push_back(sized(name) + std::string(1, '\0') +
                       leb(imports_.size() + functions_.size()));
    functions_.push_back(leb(type(params, results)));
    bodies_.push_back(sized(leb(0) + body + "\x0b"));
  }

  std::string module() const {
    static constexpr char kPointedAt[] =  // what hostcalls may be pointed at
        "\0x-a\0:path\0source.address\0\1\0\0\0\1\0\0\0\1\0\0\0k\0v";
    const std::string data = std::string(kPointedAt, sizeof kPointedAt) + std::string(40, 'a');
    const auto section = [](char id, const std::string& body) {
      return std::string(1, id) + sized(body);
    };
    return std::string("\0asm\1\0\0\0", 8) + section(1, vec(types_)) + section(2, vec(imports_)) +
           section(3, vec(functions_)) +
           section(5, vec({std::string("\1\1\x04", 3)})) +  // 1 to 4 pages
           section(7, vec(exports_)) + section(10, vec(bodies_)) +
           section(11, vec({std::string("\0\x41\0\x0b", 4) + sized(data)}));
  }

  // Instructions that leave one i32.
  std::string number(size_t depth = 0) {
    static constexpr int64_t kNumbers[] = {
        0,    1,     2,     3,      4,      5,       7,         8,         16, 200, 403,
        1024, 65535, 65536, 131072, 262143, 1 << 20, INT32_MAX, INT32_MIN, -1, -4};
    if (depth < 3) {
      if (choices_.chance(6))
        return address(depth + 1) + "\x28\2" + leb(choices_.below(64));                   // load
      if (choices_.chance(9)) return number(depth + 1) + number(depth + 1) + "\x6a";      // add
      if (choices_.chance(30)) return number(depth + 1) + "\x40" + std::string(1, '\0');  // grow
      if (choices_.chance(30)) return number(depth + 1) + number(depth + 1) + "\x6d";     // divide
    }
    return "\x41" + sleb(choices_.chance(2) ? static_cast<int64_t>(choices_.below(96))
                                            : choices_.pick(kNumbers));
  }

  // Where to load and store: inside the first page, but for one time in twenty.
  std::string address(size_t depth) {
    return choices_.chance(20) ? number(depth) : number(depth) + "\x41" + sleb(0xfff0) + "\x71";
  }

  std::string hostcall() {
    const size_t at = choices_.below(called_.size());
    std::string out;
    for (const char c : called_[at]->params)
      out += c == 'I' ? "\x42" + sleb(static_cast<int64_t>(choices_.next() >> choices_.below(64)))
                      : number();
    out += "\x10" + leb(at);
    return called_[at]->results.empty() ? out : out + "\x1a";  // drop
  }

  std::string statements(size_t depth) {
    std::string out;
    for (size_t n = choices_.below(5); n > 0; --n) out += statement(depth);
    return out;
  }

  std::string statement(size_t depth) {
    if (choices_.chance(60)) return std::string(1, '\0');  // unreachable
    if (choices_.chance(6))
      return address(1) + number() + "\x36\2" + leb(choices_.below(64));  // store
    if (depth > 0 && choices_.chance(6))
      return number() + "\x04\x40" + statements(depth - 1) + "\x0b";  // if
    if (depth > 0 && choices_.chance(20))                             // loop, often for ever
      return "\x03\x40" + statements(depth - 1) + number() + "\x0d" + std::string(1, '\0') + "\x0b";
    if (choices_.chance(80))  // call any function of this module that takes and gives nothing
      return "\x10" + leb(imports_.size());
    return called_.empty() ? number() + "\x1a" : hostcall();
  }

  Choices& choices_;
  const size_t abi_;
  std::vector<std::string> types_, imports_, functions_, bodies_, exports_;
  std::vector<const tamis::ImportRow*> called_;
};

}  // namespace fuzz
