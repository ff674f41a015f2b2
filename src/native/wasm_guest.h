// A WebAssembly guest: its instance, its memory, and calls into it.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "counts.h"
#include "engine.h"
#include "failure.h"
#include "limits.h"
#include "memory.h"
#include "wasmtime_api.h"
#include "wording.h"

namespace tamis {

// Lives with its VM, inside one store. Its `counts` are the host's.
class WasmGuest {
 public:
  using Address = uint32_t;
  using Function = wasmtime::Func;
  using Call = wasmtime::Call;

  void bind(const wasmtime::Api& api, wasmtime::Context* context, Counts& counts,
            const Limits& limits, bool counts_fuel) {
    api_ = &api;
    context_ = context;
    divert(api.func_call, context);
    counts_ = &counts;
    epochs_ = limits.deadline_ms / kEpochMs + 1;
    if (counts_fuel) fuel_limit_ = std::min(limits.fuel, kFuel);
  }

  // Every call into the guest goes through `call`, at `where`.
  void divert(Call call, void* where) {
    call_ = call;
    where_ = where;
  }

  // Grants one call its time and fuel.
  void arm() {
    api_->set_deadline(context_, epochs_);
    if (fuel_limit_ == 0) return;
    spent_ += granted_ - left();
    granted_ = fuel_limit_;
    if (auto* error = api_->set_fuel(context_, granted_)) api_->error_delete(error);
  }

  // Fuel burnt so far, when the engine counts it.
  uint64_t fuel() const { return spent_ + granted_ - left(); }
  bool counts_fuel() const { return fuel_limit_ != 0; }
  void bind_memory(const wasmtime::Memory& memory) { memory_.bind(*api_, context_, memory); }
  void bind_callback(Callback callback, const wasmtime::Func& func) {
    callbacks_[static_cast<size_t>(callback)] = {func, true};
  }
  void bind_entry(Entry entry, const wasmtime::Func& func) {
    entries_[static_cast<size_t>(entry)] = {func, true};
  }

  char* at(Address address, size_t size) { return memory_.at(address, size); }
  WasmMemory& memory() { return memory_; }
  bool has(Callback callback) const { return callbacks_[static_cast<size_t>(callback)].exported; }
  bool has(Entry entry) const { return entries_[static_cast<size_t>(entry)].exported; }
  bool failed() const { return failure_.kind != TrapKind::kNone; }
  const Failure& failure() const { return failure_; }
  bool allocating() const { return allocating_; }

  void fail(TrapKind kind, std::string_view callback, std::string text) {
    if (!failed()) failure_ = {kind, callback, std::move(text), {}, {}};
  }

  // What a host function returns to end the guest's call that led to it.
  wasmtime::Trap* raise(std::string_view text) const {
    return api_->trap_new(text.data(), text.size());
  }

  template <size_t N>
  bool call(Callback callback, const std::array<uint32_t, N>& arguments, uint32_t& result) {
    const auto at = static_cast<size_t>(callback);
    ++counts_->callbacks[at];
    if (running_.empty()) arm();  // inside another callback the time of that one goes on
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

  // Records and releases how a call ended. A host function's own trap comes as an error.
  void broke(wasmtime::Error* error, wasmtime::Trap* trap, std::string_view name) {
    TrapKind kind = TrapKind::kOther;
    wasmtime::FrameVec trace{};
    std::vector<Frame> frames;
    std::string text;
    if (error != nullptr) {
      api_->error_trace(error, &trace);
      frames = take(trace);  // before the error goes: frames are parts of it
      text = api_->consume(error);
    } else {
      uint8_t code = 255;
      if (api_->trap_code(trap, &code)) kind = kind_of(code);
      api_->trap_trace(trap, &trace);
      frames = take(trace);
      wasmtime::ByteVec message{};
      api_->trap_message(trap, &message);
      text = api_->take(message);
      api_->trap_delete(trap);
    }
    fail(kind, name, one_line(text));
    if (!failure_.frames.empty()) return;  // the host may have failed it before, without frames
    failure_.backtrace = std::move(text);
    failure_.frames = std::move(frames);
  }

  // The callback that runs; for a failure found by the host itself.
  std::string_view running() const { return running_; }

 private:
  static constexpr uint64_t kFuel = uint64_t{1} << 62;

  uint64_t left() const {
    uint64_t left = 0;
    if (fuel_limit_ != 0)
      if (auto* error = api_->get_fuel(context_, &left)) api_->error_delete(error);
    return left;
  }

  // A copy of `frames`, which are released.
  std::vector<Frame> take(wasmtime::FrameVec& frames) const {
    std::vector<Frame> out;
    const auto text = [](const wasmtime::ByteVec* name) {
      return name == nullptr ? std::string() : std::string(name->data, name->size);
    };
    for (size_t i = 0; i < frames.size; ++i) {
      const wasmtime::Frame* frame = frames.data[i];
      out.push_back({api_->frame_index(frame), api_->frame_offset(frame),
                     text(api_->frame_name(frame)), text(api_->frame_module(frame))});
    }
    api_->frame_vec_delete(&frames);
    return out;
  }

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
    wasmtime::Error* error = call_(where_, &func, values, N == 0 ? 1 : N, &trap);
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
  Call call_ = nullptr;
  void* where_ = nullptr;
  Counts* counts_ = nullptr;
  WasmMemory memory_;
  std::array<Export, kCallbacks.size()> callbacks_{};
  std::array<Export, kEntries.size()> entries_{};
  Failure failure_;
  std::string_view running_;
  uint64_t epochs_ = 1, fuel_limit_ = 0, granted_ = 0, spent_ = 0;
  bool allocating_ = false;
};
static_assert(Guest<WasmGuest>);

}  // namespace tamis
