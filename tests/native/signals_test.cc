#include "native/signals.h"

#include "check.h"

static void mine(int) {}
static void other(int) {}

static auto handler() { return tamis::SignalHandlers::current().actions[0].sa_handler; }

int main() {
  signal(SIGSEGV, mine);
  const tamis::SignalHandlers wanted = tamis::SignalHandlers::current();
  signal(SIGSEGV, other);
  {
    const tamis::ScopedHandlers scope(wanted);
    CHECK(handler() == mine);
  }
  CHECK(handler() == other);
}
