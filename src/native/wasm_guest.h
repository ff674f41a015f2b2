// A WebAssembly guest: its instance, its memory, and calls into it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "counts.h"
#include "limits.h"
#include "memory.h"
#include "wasmtime_api.h"
#include "wording.h"

namespace tamis {

enum class TrapKind : uint8_t {
  kNone,
  kUnreachable,
  kOutOfBounds,
  kStack,
  kOutOfMemory,
  kDeadline,
  kOther
};

// How a guest broke; `callback` is the innermost guest function that was called.
struct Failure {
  TrapKind kind = TrapKind::kNone;
  std::string_view callback;
  std::string text;
};

// Lives with its VM, inside one store. Its `counts` are the host's.
class WasmGuest {
 public:
  using Address = uint32_t;

  void bind(const wasmtime::Api& api, wasmtime::Context* context, Counts& counts) {
    api_ = &api;
    context_ = context;
    counts_ = &counts;
  }
  void bind_memory(const wasmtime::Memory& memory) { memory_.bind(*api_, context_, memory); }
  void bind_callback(Callback callback, const wasmtime::Func& func) {
    callbacks_[static_cast<size_t>(callback)] = {func, true};
  }
  void bind_entry(Entry entry, const wasmtime::Func& func) {
    entries_[static_cast<size_t>(entry)] = {func, true};
  }

  char* at(Address address, size_t size) { return memory_.at(address, size); }
  WasmMemory& memory() { return memory_; }
  const wasmtime::Api& api() const { return *api_; }
  bool has(Callback callback) const { return callbacks_[static_cast<size_t>(callback)].exported; }
  bool has(Entry entry) const { return entries_[static_cast<size_t>(entry)].exported; }
  bool failed() const { return failure_.kind != TrapKind::kNone; }
  const Failure& failure() const { return failure_; }
  bool allocating() const { return allocating_; }

  void fail(TrapKind kind, std::string_view callback, std::string text) {
    if (!failed()) failure_ = {kind, callback, std::move(text)};
  }

  template <size_t N>
  bool call(Callback callback, const std::array<uint32_t, N>& arguments, uint32_t& result) {
    const auto at = static_cast<size_t>(callback);
    ++counts_->callbacks[at];
    return invoke(callbacks_[at].func, kCallbacks[at].name, arguments, result);
  }

  template <size_t N>
  bool call(Entry entry, const std::array<uint32_t, N>& arguments, uint32_t& result) {
    const auto at = static_cast<size_t>(entry);
    ++counts_->entries[at];
    return invoke(entries_[at].func, kEntries[at], arguments, result);
  }

  // 0 when the guest's allocator refuses, or breaks.
  Address allocate(size_t size) {
    const Entry allocator = has(Entry::malloc) ? Entry::malloc : Entry::proxy_on_memory_allocate;
    ++counts_->allocations;
    uint32_t address = 0;
    allocating_ = true;
    const bool fine = call(allocator, std::array{static_cast<uint32_t>(size)}, address);
    allocating_ = false;
    return fine ? address : 0;
  }

  // Records and releases how a call ended.
  void broke(wasmtime::Error* error, wasmtime::Trap* trap, std::string_view name) {
    if (error != nullptr) return fail(TrapKind::kOther, name, one_line(api_->consume(error)));
    uint8_t code = 255;
    const bool known = api_->trap_code(trap, &code);
    wasmtime::ByteVec message{};
    api_->trap_message(trap, &message);
    fail(known ? kind_of(code) : TrapKind::kOther, name, one_line(api_->take(message)));
    api_->trap_delete(trap);
  }

  // The callback that runs; for a failure found by the host itself.
  std::string_view running() const { return running_; }

 private:
  struct Export {
    wasmtime::Func func{};
    bool exported = false;
  };

  template <size_t N>
  bool invoke(const wasmtime::Func& func, std::string_view name,
              const std::array<uint32_t, N>& arguments, uint32_t& result) {
    wasmtime::ValRaw values[N == 0 ? 1 : N];
    for (size_t i = 0; i < N; ++i) values[i].u64 = arguments[i];
    const std::string_view outer = running_;
    running_ = name;
    wasmtime::Trap* trap = nullptr;
    wasmtime::Error* error = api_->func_call(context_, &func, values, N == 0 ? 1 : N, &trap);
    if (error != nullptr || trap != nullptr) [[unlikely]] {
      broke(error, trap, name);
      running_ = outer;
      return false;
    }
    running_ = outer;
    result = values[0].u32;
    return true;
  }

  static TrapKind kind_of(uint8_t code) {
    switch (code) {
      case wasmtime::kStackOverflow:
        return TrapKind::kStack;
      case wasmtime::kMemoryOutOfBounds:
        return TrapKind::kOutOfBounds;
      case wasmtime::kUnreachable:
        return TrapKind::kUnreachable;
      case wasmtime::kInterrupt:
      case wasmtime::kOutOfFuel:
        return TrapKind::kDeadline;
      default:
        return TrapKind::kOther;
    }
  }

  const wasmtime::Api* api_ = nullptr;
  wasmtime::Context* context_ = nullptr;
  Counts* counts_ = nullptr;
  WasmMemory memory_;
  std::array<Export, kCallbacks.size()> callbacks_{};
  std::array<Export, kEntries.size()> entries_{};
  Failure failure_;
  std::string_view running_;
  bool allocating_ = false;
};
static_assert(Guest<WasmGuest>);

}  // namespace tamis
