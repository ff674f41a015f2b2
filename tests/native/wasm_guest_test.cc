#include "native/wasm_guest.h"

#include "vm_support.h"

using namespace tamis;

int main() {
  WasmGuest guest;
  CHECK(!guest.has(Callback::proxy_on_log) && !guest.has(Entry::malloc) && !guest.failed());
  CHECK(guest.at(0, 1) == nullptr && guest.at(0, 0) == nullptr);
  guest.fail(TrapKind::kStack, "one", "first");
  guest.fail(TrapKind::kOther, "two", "second");
  CHECK(guest.failed() && guest.failure().kind == TrapKind::kStack &&
        guest.failure().callback == "one");
}
