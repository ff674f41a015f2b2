// What stands between a VM and the engine while a run is traced. Without a trace nothing of it is
// there: a VM is given either its host functions or these around them.
#pragma once

#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "trace.h"
#include "trampolines.h"

namespace tamis {

// Lives with its VM.
template <typename H>
class Tracer {
 public:
  using Address = typename H::Address;
  using Function = typename H::GuestType::Function;
  using Call = typename H::GuestType::Call;

  // `call` at `where` is how the engine calls the guest.
  Tracer(H& host, Trace& trace, Call call, void* where)
      : host_(host), trace_(trace), call_(call), where_(where), vm_(trace.next_vm()) {}
  Tracer(const Tracer&) = delete;

  // A host function in place of `callback`, which it calls: the environment to give to `import`.
  void* around(size_t at, wasmtime::Callback callback) {
    return imports_.emplace_back(std::make_unique<Around>(Around{*this, at, callback})).get();
  }
  static wasmtime::Trap* import(void* env, wasmtime::Caller* caller, wasmtime::ValRaw* values,
                                size_t count) {
    const Around& around = *static_cast<Around*>(env);
    return around.tracer.to_host(around, caller, values, count);
  }

  // A call into the guest, in place of the engine's own; `where` is the tracer.
  static wasmtime::Error* call(void* where, const Function* func, wasmtime::ValRaw* values,
                               size_t count, wasmtime::Trap** trap) {
    return static_cast<Tracer*>(where)->to_guest(func, values, count, trap);
  }

 private:
  struct Around {
    Tracer& tracer;
    size_t at;
    wasmtime::Callback callback;
  };
  // What is called and how it is called.
  struct Shape {
    size_t params;
    bool result;
  };

  // What the VM had counted when a crossing began.
  struct Copied {
    explicit Copied(const Counts& counts)
        : in(counts.bytes_in), out(counts.bytes_out), allocations(counts.allocations) {}
    void note(const Counts& now, Crossing& crossing) const {
      crossing.bytes_in = now.bytes_in - in;
      crossing.bytes_out = now.bytes_out - out;
      crossing.allocations = now.allocations - allocations;
    }
    uint64_t in, out, allocations;
  };

  Crossing crossing(bool to_guest, std::string_view name) const {
    Crossing out;
    out.to_guest = to_guest;
    out.name = name;
    out.vm = vm_;
    out.step = host_.world.log.step;
    return out;
  }

  wasmtime::Error* to_guest(const Function* func, wasmtime::ValRaw* values, size_t count,
                            wasmtime::Trap** trap) {
    Crossing begun = crossing(true, host_.guest.running());
    const Shape shape = shape_of(begun.name);
    for (size_t i = 0; i < shape.params; ++i) begun.arguments.push_back({values[i].u32, {}, 0, {}});
    const size_t at = trace_.begin(std::move(begun));
    const uint64_t before = host_.guest.fuel();
    const Copied copied(host_.counts);
    wasmtime::Error* error = call_(where_, func, values, count, trap);
    Crossing* ended = trace_.end(at);
    if (ended == nullptr) return error;
    copied.note(host_.counts, *ended);
    if (host_.guest.counts_fuel()) ended->fuel = host_.guest.fuel() - before;
    ended->trapped = error != nullptr || *trap != nullptr;
    if (shape.result && !ended->trapped) ended->result = values[0].u32;
    return error;
  }

  Shape shape_of(std::string_view name) const {
    for (const CallbackRow& row : kCallbacks)
      if (row.name == name) return {row.params[host_.abi].size(), !row.results.empty()};
    const bool allocator = name == "malloc" || name == "proxy_on_memory_allocate";
    if (allocator) return {1, true};
    return {name == "main" ? size_t{2} : size_t{0}, false};
  }

  wasmtime::Trap* to_host(const Around& around, wasmtime::Caller* caller, wasmtime::ValRaw* values,
                          size_t count) {
    const ImportRow& row = kImports[around.at];
    const std::string_view roles = kImportRoles[around.at];
    // The engine hands results back where the arguments were.
    uint64_t given[16];
    for (size_t i = 0; i < row.params.size(); ++i)
      given[i] = wide(row.params[i], roles[i]) ? values[i].u64 : values[i].u32;
    Crossing begun = crossing(false, row.name);
    for (size_t i = 0; i < row.params.size(); ++i)
      if (const size_t used = argument(roles.substr(i), given + i, begun.arguments); used > 1)
        i += used - 1;
    const size_t at = trace_.begin(std::move(begun));
    const Copied copied(host_.counts);
    wasmtime::Trap* trap = around.callback(&host_, caller, values, count);
    Crossing* ended = trace_.end(at);
    if (ended == nullptr) return trap;
    copied.note(host_.counts, *ended);
    ended->trapped = trap != nullptr;
    if (ended->trapped || row.results.empty()) return trap;
    ended->result = values[0].u32;
    if (values[0].u32 != 0) return trap;  // an error status: nothing is stored
    for (size_t i = 0; i < row.params.size(); ++i)
      if (const size_t used = value(roles.substr(i), given + i, ended->values); used > 1)
        i += used - 1;
    trace_.grow(ended->values);
    return trap;
  }

  // Whether a parameter has 64 bits.
  static bool wide(char letter, char role) {
    constexpr std::string_view kOfGuest = "dsDSwWvnb";
    return letter == 'I' || (sizeof(Address) == 8 && kOfGuest.find(role) != kOfGuest.npos);
  }

  // Notes what the guest hands over at the first of `roles`; gives how many parameters that is.
  size_t argument(std::string_view roles, const uint64_t* given, std::vector<Traced>& out) {
    switch (roles[0]) {
      case 'd':
        out.push_back(bytes(given[0], given[1]));
        return 2;
      case 'v':
        out.push_back(gathered(given[0], given[1]));
        return 2;
      case 'b':
        out.push_back({given[1], {}, 0, Traced::Kind::kNumber});
        return 2;
      case 'u':
        out.push_back({given[0], {}, 0, Traced::Kind::kNumber});
        return 1;
      case 'l':
        out.push_back({given[0], {}, 0, Traced::Kind::kSigned});
        return 1;
      default:
        return 1;  // where a value shall go
    }
  }

  // Notes what the host stored at the first of `roles`.
  size_t value(std::string_view roles, const uint64_t* given, std::vector<Traced>& out) {
    switch (roles[0]) {
      case 'D':
        out.push_back(bytes(load<Address>(given[0]), load<Address>(given[1])));
        return 2;
      case 'b':
        out.push_back(bytes(given[0], given[1]));
        return 2;
      case 'S':
        out.push_back({load<Address>(given[0]), {}, 0, Traced::Kind::kNumber});
        return 1;
      case 'w':
        out.push_back({load<uint32_t>(given[0]), {}, 0, Traced::Kind::kNumber});
        return 1;
      case 'W':
        out.push_back({load<uint64_t>(given[0]), {}, 0, Traced::Kind::kNumber});
        return 1;
      default:
        return 1;
    }
  }

  template <typename T>
  T load(uint64_t address) {
    T out{};
    if (const char* from = host_.guest.at(static_cast<Address>(address), sizeof out))
      std::memcpy(&out, from, sizeof out);
    return out;
  }

  Traced bytes(uint64_t address, uint64_t size) {
    Traced out{address, {}, static_cast<size_t>(size), Traced::Kind::kBytes};
    const char* from = host_.guest.at(static_cast<Address>(address), out.size);
    if (from == nullptr)
      out.kind = Traced::Kind::kOutside;
    else
      out.bytes.assign(from, std::min(out.size, kTracedValue));
    return out;
  }

  Traced gathered(uint64_t address, uint64_t count) {
    Traced out{address, {}, 0, Traced::Kind::kBytes};
    for (uint64_t i = 0; i < std::min<uint64_t>(count, 64); ++i) {
      const Traced part = bytes(load<Address>(address + 2 * sizeof(Address) * i),
                                load<Address>(address + 2 * sizeof(Address) * i + sizeof(Address)));
      if (part.kind == Traced::Kind::kOutside) return part;
      out.bytes.append(part.bytes, 0, kTracedValue - out.bytes.size());
      out.size += part.size;
    }
    return out;
  }

  H& host_;
  Trace& trace_;
  const Call call_;
  void* const where_;
  const uint32_t vm_;
  std::vector<std::unique_ptr<Around>> imports_;
};

}  // namespace tamis
