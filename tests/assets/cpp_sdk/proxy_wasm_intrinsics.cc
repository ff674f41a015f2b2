#include "proxy_wasm_intrinsics.h"

namespace {
ContextFactory& factory() {
  static ContextFactory made;
  return made;
}
std::unordered_map<uint32_t, std::unique_ptr<Context>>& contexts() {
  static std::unordered_map<uint32_t, std::unique_ptr<Context>> alive;
  return alive;
}
}  // namespace

RegisterContextFactory::RegisterContextFactory(ContextFactory make) { factory() = make; }

#define KEEPALIVE __attribute__((used)) __attribute__((visibility("default")))

extern "C" {
KEEPALIVE void proxy_abi_version_0_2_1() {}
KEEPALIVE void proxy_on_context_create(uint32_t id, uint32_t root) {
  if (root != 0) contexts()[id] = factory()(id);
}
KEEPALIVE int proxy_on_request_headers(uint32_t id, uint32_t count, int end) {
  return static_cast<int>(contexts()[id]->onRequestHeaders(count, end != 0));
}
KEEPALIVE int proxy_on_response_headers(uint32_t, uint32_t, int) { return 0; }
KEEPALIVE void proxy_on_log(uint32_t) {}
KEEPALIVE void proxy_on_delete(uint32_t id) { contexts().erase(id); }
}
