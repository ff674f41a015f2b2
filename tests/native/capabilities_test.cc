#include "native/capabilities.h"

#include "check.h"

using namespace tamis;

static void everything() {
  for (const Capabilities& free : {Capabilities(), Capabilities(std::vector<std::string>())})
    CHECK(free.all() && free.allows(Import::proxy_log) && free.allows(Callback::proxy_on_tick));
}

static void named_ones() {
  const Capabilities some({"proxy_log", "fd_write", "proxy_on_tick", "nosuch"});
  CHECK(!some.all());
  CHECK(some.allows(Import::proxy_log) && some.allows(Import::fd_write));
  CHECK(!some.allows(Import::proxy_get_property) && !some.allows(Import::random_get));
  CHECK(some.allows(Callback::proxy_on_tick) && !some.allows(Callback::proxy_on_vm_start));
}

static void nothing_known() {
  const Capabilities none({"nosuch"});
  CHECK(!none.allows(Import::proxy_log) && !none.allows(Callback::proxy_on_request_headers));
  // These are not part of the ABI.
  CHECK(none.allows(Import::pthread_equal) && none.allows(Import::envoy_resolve_dns) &&
        none.allows(Import::emscripten_notify_memory_growth));
  CHECK(none.allows(Callback::envoy_on_resolve_dns) &&
        none.allows(Callback::envoy_on_stats_update));
  size_t left = 0;
  for (size_t i = 0; i < kImports.size(); ++i) left += none.allows(static_cast<Import>(i));
  CHECK(left == 3);
}

static void refusals() {
  CHECK(Capabilities::refusal(Import::proxy_log) == 10);
  CHECK(Capabilities::refusal(Import::fd_write) == 76);
}

int main() {
  everything();
  named_ones();
  nothing_known();
  refusals();
}
