#include "native/hostcalls/metrics.h"

#include "check.h"
#include "native_guest.h"

using namespace tamis;
using namespace tamis::hostcalls;

static constexpr uint32_t kOut = NativeGuest::kOut, kFar = NativeGuest::kFar;

static uint32_t define(Rig& s, uint32_t type, const std::string& name) {
  return proxy_define_metric(s.host, type, s.guest.put(name), static_cast<uint32_t>(name.size()),
                             kOut);
}
static uint64_t get(Rig& s, uint32_t id) {
  CHECK(proxy_get_metric(s.host, id, kOut) == kOk);
  return s.guest.wide(kOut);
}

static void counters() {
  Rig s;
  CHECK(define(s, 0, "c") == kOk && s.guest.word(kOut) == 4 && get(s, 4) == 0);
  CHECK(proxy_increment_metric(s.host, 4, 2) == kOk && proxy_record_metric(s.host, 4, 5) == kOk);
  CHECK(get(s, 4) == 7);
  CHECK(proxy_increment_metric(s.host, 4, 0) == kBadArgument);
  CHECK(proxy_increment_metric(s.host, 4, static_cast<uint64_t>(-1)) == kBadArgument);
  CHECK(proxy_record_metric(s.host, 4, UINT64_MAX) == kOk && get(s, 4) == 6);
  CHECK(define(s, 0, "c") == kOk && s.guest.word(kOut) == 8 && get(s, 8) == 6);
}

static void gauges() {
  Rig s;
  CHECK(define(s, 1, "g") == kOk && s.guest.word(kOut) == 5);
  CHECK(proxy_increment_metric(s.host, 5, 3) == kOk && proxy_increment_metric(s.host, 5, 0) == kOk);
  CHECK(proxy_increment_metric(s.host, 5, static_cast<uint64_t>(-1)) == kOk && get(s, 5) == 2);
  CHECK(proxy_record_metric(s.host, 5, 1) == kOk && get(s, 5) == 1);
  CHECK(proxy_increment_metric(s.host, 5, static_cast<uint64_t>(-3)) == kOk);
  CHECK(get(s, 5) == static_cast<uint64_t>(-2));
}

static void histograms() {
  Rig s;
  CHECK(define(s, 2, "h") == kOk && s.guest.word(kOut) == 6);
  CHECK(proxy_record_metric(s.host, 6, 99) == kOk && s.world.metrics.all()[0].value == 1);
  CHECK(proxy_increment_metric(s.host, 6, 1) == kBadArgument);
  CHECK(proxy_get_metric(s.host, 6, kOut) == kBadArgument);
}

static void unknown() {
  Rig s;
  CHECK(define(s, 3, "x") == kBadArgument);
  for (const uint32_t id : {0U, 1U, 4U, 5U}) {
    CHECK(proxy_increment_metric(s.host, id, 1) == kNotFound);
    CHECK(proxy_get_metric(s.host, id, kOut) == kNotFound);
  }
  for (const uint32_t id : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U, 0xffffffffU})
    CHECK(proxy_record_metric(s.host, id, 1) == kNotFound);
  for (const uint32_t id : {2U, 3U, 6U, 7U}) {
    CHECK(proxy_increment_metric(s.host, id, 1) == kBadArgument);
    CHECK(proxy_get_metric(s.host, id, kOut) == kBadArgument);
  }
}

static void bad_addresses() {
  Rig s;
  CHECK(proxy_define_metric(s.host, 9, kFar, 99, kOut) == kInvalidMemoryAccess);
  CHECK(proxy_define_metric(s.host, 0, 0, 1, kFar) == kInvalidMemoryAccess);
  CHECK(define(s, 0, "c") == kOk && s.guest.word(kOut) == 8);  // the failed one took an id
  CHECK(proxy_get_metric(s.host, 8, kFar) == kInvalidMemoryAccess);
}

int main() {
  counters();
  gauges();
  histograms();
  unknown();
  bad_addresses();
}
