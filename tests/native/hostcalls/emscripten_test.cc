#include "native/hostcalls/emscripten.h"

#include "check.h"
#include "native_guest.h"

int main() {
  Rig w;
  CHECK(tamis::hostcalls::pthread_equal(w.host, 1, 1) == 1);
  CHECK(tamis::hostcalls::pthread_equal(w.host, 1, 2) == 0);
  tamis::hostcalls::emscripten_notify_memory_growth(w.host, 0);
}
