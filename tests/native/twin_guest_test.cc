#include "native/twin_guest.h"

#include "check.h"

using namespace tamis;

static uint32_t started(uint32_t id, uint32_t size) { return id * 100 + size; }
static void* room(size_t) { return nullptr; }
static uint32_t leaves(uint32_t, uint32_t) {
  TwinGuest& guest = *TwinGuest::current();
  CHECK(guest.in_guest() && guest.running() == "proxy_on_configure");
  guest.fail(TrapKind::kOther, guest.running(), "had enough");
  guest.leave();
}

int main() {
  Counts counts;
  TwinGuest guest;
  guest.bind(counts, Limits{});
  CHECK(!guest.has(Callback::proxy_on_vm_start));
  guest.bind_callback(Callback::proxy_on_vm_start, reinterpret_cast<void*>(&started));
  guest.bind_callback(Callback::proxy_on_configure, reinterpret_cast<void*>(&leaves));
  guest.bind_entry(Entry::malloc, reinterpret_cast<void*>(&room));
  uint32_t result = 0;
  CHECK(guest.call(Callback::proxy_on_vm_start, std::array{7U, 9U}, result) && result == 709);
  CHECK(counts.callbacks[static_cast<size_t>(Callback::proxy_on_vm_start)] == 1);
  CHECK(guest.allocate(8) == 0 && counts.allocations == 1);
  CHECK(!guest.call(Callback::proxy_on_configure, std::array{1U, 0U}, result));
  CHECK(guest.failed() && guest.failure().text == "had enough" && !guest.in_guest());
  CHECK(TwinGuest::current() == nullptr);
  const char text[] = "x";
  CHECK(guest.at(reinterpret_cast<uintptr_t>(text), 1) == text && guest.at(0, 0) != nullptr);
}
