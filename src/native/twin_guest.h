// A guest of native code: its functions, and a way out of them when they break.
#pragma once

#include <setjmp.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <string>
#include <string_view>

#include "counts.h"
#include "failure.h"
#include "limits.h"
#include "memory.h"
#include "wasmtime_api.h"

namespace tamis {

// Lives with its VM, on one thread. Its addresses are the process's own: nothing bounds what it
// touches, so it belongs into a process that may end. A call that breaks is left by a jump to where
// the host made it; what the guest held by then is lost with its VM.
class TwinGuest {
 public:
  using Address = uintptr_t;
  using Function = void (*)();
  using Call = wasmtime::Error* (*)(void* where, const Function*, wasmtime::ValRaw*, size_t,
                                    wasmtime::Trap**);
  // A host function for this guest, and what it is given.
  struct Bound {
    wasmtime::Callback function = nullptr;
    void* env = nullptr;
  };

  // The guest whose code runs on this thread, or whose host function does; nullptr: none.
  static TwinGuest*& current() {
    thread_local TwinGuest* guest = nullptr;
    return guest;
  }

  void bind(Counts& counts, const Limits& limits) {
    counts_ = &counts;
    patience_ = static_cast<int>(std::min<uint64_t>(limits.deadline_ms / kBeatMs + 1, INT32_MAX));
    divert(&TwinGuest::direct, this);
  }
  void divert(Call call, void* where) {
    call_ = call;
    where_ = where;
  }
  void bind_callback(Callback callback, void* function) {
    callbacks_[static_cast<size_t>(callback)] = reinterpret_cast<Function>(function);
  }
  void bind_entry(Entry entry, void* function) {
    entries_[static_cast<size_t>(entry)] = reinterpret_cast<Function>(function);
  }

  // Empty ranges may lie anywhere, as in C.
  char* at(Address address, size_t size) {
    static char nothing = 0;
    if (size == 0 && address == 0) return &nothing;
    return reinterpret_cast<char*>(address);
  }
  bool has(Callback callback) const { return callbacks_[static_cast<size_t>(callback)] != nullptr; }
  bool has(Entry entry) const { return entries_[static_cast<size_t>(entry)] != nullptr; }
  bool failed() const { return failure_.kind != TrapKind::kNone; }
  const Failure& failure() const { return failure_; }
  bool allocating() const { return allocating_; }
  std::string_view running() const { return running_; }
  static constexpr bool counts_fuel() { return false; }
  static constexpr uint64_t fuel() { return 0; }

  void fail(TrapKind kind, std::string_view callback, std::string text) {
    if (!failed()) failure_ = {kind, callback, std::move(text), {}, {}};
  }

  // What a host function returns to end the guest's call that led to it: see `leave`.
  static wasmtime::Trap* raise(std::string_view) {
    static char trap = 0;
    return reinterpret_cast<wasmtime::Trap*>(&trap);
  }

  // Ends the guest's innermost call, from inside of it. Called by host functions that trapped, and
  // by signal handlers.
  [[noreturn]] void leave() { siglongjmp(landing_->place, 1); }

  template <size_t N>
  bool call(Callback callback, const std::array<uint32_t, N>& arguments, uint32_t& result) {
    const auto at = static_cast<size_t>(callback);
    ++counts_->callbacks[at];
    if (running_.empty())
      left_ = patience_;  // inside another callback the time of that one goes on
    return invoke(callbacks_[at], kCallbacks[at].name, arguments, result);
  }

  template <size_t N>
  bool call(Entry entry, const std::array<uint32_t, N>& arguments, uint32_t& result) {
    const auto at = static_cast<size_t>(entry);
    ++counts_->entries[at];
    if (running_.empty()) left_ = patience_;
    return invoke(entries_[at], kEntries[at], arguments, result);
  }

  // 0 when the guest's allocator refuses, or breaks.
  Address allocate(size_t size) {
    const bool own = has(Entry::proxy_on_memory_allocate);
    const Entry allocator = own ? Entry::proxy_on_memory_allocate : Entry::malloc;
    ++counts_->allocations;
    ++counts_->entries[static_cast<size_t>(allocator)];
    wasmtime::ValRaw values[kMostArguments]{};
    values[0].u64 = size;
    allocating_ = true;
    const bool fine = run(entries_[static_cast<size_t>(allocator)],
                          kEntries[static_cast<size_t>(allocator)], values, 1);
    allocating_ = false;
    return fine ? values[0].u64 : 0;
  }

  // While it lives, code of this guest runs; what it breaks by then is its failure.
  class Inside {
   public:
    explicit Inside(TwinGuest& guest) : outer_(current()) { current() = &guest; }
    Inside(const Inside&) = delete;
    ~Inside() { current() = outer_; }

   private:
    TwinGuest* const outer_;
  };

  // One of the clock's beats, in a signal handler. True: the guest's time is over.
  bool beat() {
    if (in_guest_ == 0) return false;
    left_ = left_ - 1;
    return left_ <= 0;
  }
  // Whether the guest's own code runs, not the host's for it.
  bool in_guest() const { return in_guest_ != 0; }
  void in_guest(bool yes) { in_guest_ = yes ? 1 : 0; }
  bool can_leave() const { return landing_ != nullptr; }

  static constexpr uint64_t kBeatMs = 10;

  // Every argument of a callback is an integer, so it has a register of its own, whatever its size:
  // so has a result. What the callee does not read is ignored.
#ifdef __clang__
  __attribute__((no_sanitize("function")))  // which sees that the types differ
#endif
  static wasmtime::Error* direct(void* where, const Function* function, wasmtime::ValRaw* values,
                                 size_t, wasmtime::Trap** trap) {
    using Any = uint64_t (*)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);
    auto& guest = *static_cast<TwinGuest*>(where);
    const Inside inside(guest);
    const sig_atomic_t before = guest.in_guest_;
    Landing landing;
    landing.outer = guest.landing_;
    guest.landing_ = &landing;
    if (sigsetjmp(landing.place, 0) == 0) {
      guest.in_guest_ = 1;
      values[0].u64 = reinterpret_cast<Any>(*function)(values[0].u64, values[1].u64, values[2].u64,
                                                       values[3].u64, values[4].u64);
    } else {
      *trap = raise({});
    }
    guest.in_guest_ = before;
    guest.landing_ = landing.outer;
    return nullptr;
  }

  std::array<Bound, kImports.size()> imports{};

 private:
  static constexpr size_t kMostArguments = 5;
  struct Landing {
    sigjmp_buf place;
    Landing* outer;
  };

  template <size_t N>
  bool invoke(Function function, std::string_view name, const std::array<uint32_t, N>& arguments,
              uint32_t& result) {
    static_assert(N <= kMostArguments);
    wasmtime::ValRaw values[kMostArguments]{};
    for (size_t i = 0; i < N; ++i) values[i].u64 = arguments[i];
    if (!run(function, name, values, N)) return false;
    result = values[0].u32;
    return true;
  }

  bool run(Function function, std::string_view name, wasmtime::ValRaw* values, size_t count) {
    const std::string_view outer = running_;
    running_ = name;
    wasmtime::Trap* trap = nullptr;
    call_(where_, &function, values, count, &trap);
    running_ = outer;
    if (trap == nullptr) return true;
    fail(TrapKind::kOther, name, "left without a reason");  // kept only if nobody gave one
    return false;
  }

  Call call_ = nullptr;
  void* where_ = nullptr;
  Counts* counts_ = nullptr;
  std::array<Function, kCallbacks.size()> callbacks_{};
  std::array<Function, kEntries.size()> entries_{};
  Failure failure_;
  std::string_view running_;
  Landing* landing_ = nullptr;
  volatile sig_atomic_t in_guest_ = 0, left_ = 0;
  int patience_ = 1;
  bool allocating_ = false;
};
static_assert(Guest<TwinGuest>);

}  // namespace tamis
