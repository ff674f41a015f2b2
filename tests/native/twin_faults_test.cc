#include "native/twin_faults.h"

#include "twin_support.h"

using namespace tamis;

// What a broken call held is lost, and that is the deal: see twin_guest.h.
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

struct Case {
  const char* status;
  TrapKind kind;
};

// Each ends the guest, as a module's trap does, and the next run is none the worse for it.
static void a_fault_is_a_verdict(const Case& wanted) {
  const TwinFaults faults;
  const Script script = twin_script({wanted.status, "200"});
  RunOf<TwinInstance> run(twin(), script);
  CHECK(run.start().empty());
  run.step(0);
  CHECK(run.failure().kind == wanted.kind);
  CHECK(run.failure().callback == "proxy_on_response_headers" && !run.failure().text.empty());
  run.step(1);
  CHECK(run.streams()[0]->stream().response().headers.value(0) == "503");
}

int main() {
  for (const Case& each : {Case{"201", TrapKind::kUnreachable}, Case{"202", TrapKind::kOutOfBounds},
                           Case{"203", TrapKind::kDeadline}, Case{"204", TrapKind::kStack},
                           Case{"205", TrapKind::kOther}, Case{"206", TrapKind::kOutOfBounds}})
    a_fault_is_a_verdict(each);
  // Whoever handled such signals before does so again.
  struct sigaction now{};
  sigaction(SIGALRM, nullptr, &now);
  CHECK(now.sa_handler == SIG_DFL);
}
