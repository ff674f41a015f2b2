// Where a guest's bytes are, and what a guest is, for all host code.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <string_view>

#include "abi_table.h"
#include "failure.h"
#include "wasmtime_api.h"

namespace tamis {

// A guest's address space. `at` gives host bytes for [address, address + size) or nullptr when any
// of them lies outside; what it gives ends with the next call into the guest.
template <typename M>
concept GuestMemory = requires(M memory, typename M::Address address, size_t size) {
  typename M::Address;
  { memory.at(address, size) } -> std::same_as<char*>;
};

// A loaded guest. `allocate` asks the guest's allocator (0: refused); `call` runs a callback and is
// false when the guest broke; `failed` stays true from then on; `fail` breaks it from outside;
// `running` names the innermost function of the guest that was called, if one runs.
template <typename G>
concept Guest =
    GuestMemory<G> && requires(G guest, Callback callback, size_t size, uint32_t& result) {
      { guest.allocate(size) } -> std::same_as<typename G::Address>;
      { guest.has(callback) } -> std::same_as<bool>;
      { guest.call(callback, std::array<uint32_t, 2>{}, result) } -> std::same_as<bool>;
      { guest.failed() } -> std::same_as<bool>;
      { guest.running() } -> std::convertible_to<std::string_view>;
      guest.fail(TrapKind::kOther, std::string_view(), std::string());
    };

// Lives with its VM. The base never moves (the engine reserves 4 GiB for each memory), the size
// only grows: a stale size can only refuse, so it is read again before an access is refused.
class WasmMemory {
 public:
  using Address = uint32_t;

  void bind(const wasmtime::Api& api, wasmtime::Context* context, const wasmtime::Memory& memory) {
    api_ = &api;
    context_ = context;
    memory_ = memory;
    refresh();
  }

  char* at(Address address, size_t size) {
    if (uint64_t{address} + size > size_) [[unlikely]] {
      refresh();
      if (uint64_t{address} + size > size_) return nullptr;
    }
    return base_ + address;
  }

  size_t size() const { return size_; }

  void refresh() {
    if (api_ == nullptr) return;
    base_ = reinterpret_cast<char*>(api_->memory_data(context_, &memory_));
    size_ = api_->memory_size(context_, &memory_);
  }

 private:
  const wasmtime::Api* api_ = nullptr;
  wasmtime::Context* context_ = nullptr;
  wasmtime::Memory memory_{};
  char* base_ = nullptr;
  uint64_t size_ = 0;
};
static_assert(GuestMemory<WasmMemory>);

}  // namespace tamis
