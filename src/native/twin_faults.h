// What breaks native code arrives as a signal: it ends the guest's call, not the process.
#pragma once

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include <array>
#include <memory>

#include "twin_guest.h"

namespace tamis {

// Lives while twins run, on their thread: the faults of the thread's current guest become its
// failure, and a clock beats for its deadline. Faults of anything else end the process, as ever.
class TwinFaults {
 public:
  TwinFaults() {
    stack_ = std::make_unique<char[]>(kStack);
    stack_t stack{};
    stack.ss_sp = stack_.get();
    stack.ss_size = kStack;
    sigaltstack(&stack, &stack_before_);
    for (size_t i = 0; i < kFaults.size(); ++i) {
      struct sigaction action{};
      // Not blocked while it is handled: the handler may leave by a jump.
      action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART;
      action.sa_sigaction = kFaults[i].number == SIGALRM ? &beat : &fault;
      sigaction(kFaults[i].number, &action, &before_[i]);
    }
    clock(TwinGuest::kBeatMs);
  }
  TwinFaults(const TwinFaults&) = delete;
  ~TwinFaults() {
    clock(0);
    for (size_t i = 0; i < kFaults.size(); ++i) sigaction(kFaults[i].number, &before_[i], nullptr);
    sigaltstack(&stack_before_, nullptr);
  }

 private:
  struct Fault {
    int number;
    TrapKind kind;
    const char* words;
  };
  // The kinds are those of what a Wasm module does in its place.
  static constexpr std::array<Fault, 7> kFaults{{
      {SIGALRM, TrapKind::kDeadline, "it ran longer than its deadline"},
      {SIGABRT, TrapKind::kUnreachable, "SIGABRT: the code aborted, as a panic does"},
      {SIGILL, TrapKind::kUnreachable, "SIGILL: the code met a trap instruction"},
      {SIGTRAP, TrapKind::kUnreachable, "SIGTRAP: the code met a trap instruction"},
      {SIGSEGV, TrapKind::kOutOfBounds, "SIGSEGV: it touched memory that is not there"},
      {SIGBUS, TrapKind::kOutOfBounds, "SIGBUS: it touched memory that is not there"},
      {SIGFPE, TrapKind::kOther, "SIGFPE: a division that has no result"},
  }};
  static constexpr size_t kStack = size_t{64} << 10;

  static void clock(uint64_t milliseconds) {
    itimerval every{};
    every.it_interval.tv_usec = every.it_value.tv_usec =
        static_cast<suseconds_t>(milliseconds * 1000);
    setitimer(ITIMER_REAL, &every, nullptr);
  }

  static void beat(int number, siginfo_t*, void*) {
    TwinGuest* const guest = TwinGuest::current();
    if (guest != nullptr && guest->beat()) end(*guest, number, nullptr);
  }

  static void fault(int number, siginfo_t* info, void*) {
    TwinGuest* const guest = TwinGuest::current();
    if (guest != nullptr && guest->can_leave()) end(*guest, number, info);
    signal(number, SIG_DFL);
    raise(number);
  }

  [[noreturn]] static void end(TwinGuest& guest, int number, const siginfo_t* info) {
    for (const Fault& each : kFaults) {
      if (each.number != number) continue;
      if (number == SIGSEGV && info != nullptr && below_stack(info->si_addr))
        guest.fail(TrapKind::kStack, guest.running(), "SIGSEGV: its stack is used up");
      else
        guest.fail(each.kind, guest.running(), each.words);
    }
    guest.leave();
  }

  // Whether the address lies around the lower end of this thread's stack.
  static bool below_stack(const void* address) {
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return false;
    void* lowest = nullptr;
    size_t size = 0;
    pthread_attr_getstack(&attributes, &lowest, &size);
    pthread_attr_destroy(&attributes);
    const auto at = reinterpret_cast<uintptr_t>(address), end = reinterpret_cast<uintptr_t>(lowest);
    constexpr uintptr_t kAround = uintptr_t{1} << 20;
    return at + kAround > end && at < end + kAround;
  }

  std::unique_ptr<char[]> stack_;
  stack_t stack_before_{};
  std::array<struct sigaction, kFaults.size()> before_{};
};

}  // namespace tamis
