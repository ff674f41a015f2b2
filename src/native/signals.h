// The engine turns faults of guests into traps by signal handlers. Whoever installs others after it
// (Python's faulthandler, say) would turn a guest's trap into the death of the process.
#pragma once

#include <signal.h>

#include <array>
#include <cstddef>

namespace tamis {

inline constexpr std::array kTrapSignals{SIGSEGV, SIGILL, SIGFPE, SIGBUS};

// A value: the handlers at one moment.
struct SignalHandlers {
  std::array<struct sigaction, kTrapSignals.size()> actions;

  static SignalHandlers current() {
    SignalHandlers handlers;
    for (size_t i = 0; i < kTrapSignals.size(); ++i)
      sigaction(kTrapSignals[i], nullptr, &handlers.actions[i]);
    return handlers;
  }
};

// Lives while guests run: the handlers of `wanted` are in force, then those there were again.
class ScopedHandlers {
 public:
  explicit ScopedHandlers(const SignalHandlers& wanted) {
    for (size_t i = 0; i < kTrapSignals.size(); ++i)
      sigaction(kTrapSignals[i], &wanted.actions[i], &before_.actions[i]);
  }
  ScopedHandlers(const ScopedHandlers&) = delete;
  ~ScopedHandlers() {
    for (size_t i = 0; i < kTrapSignals.size(); ++i)
      sigaction(kTrapSignals[i], &before_.actions[i], nullptr);
  }

 private:
  SignalHandlers before_;
};

}  // namespace tamis
