// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Host functions: bodies, answers' bodies and configurations.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "bodies.h"
#include "calls.h"

namespace {

using namespace shim;

// Numbers of proxy-wasm.
enum : uint32_t {
  kRequestBody = 0,
  kResponseBody = 1,
  kCalloutBody = 4,
  kVmConfiguration = 6,
  kPluginConfiguration = 7,
  kLast = 8,
};

bool is_body(uint32_t buffer) { return buffer <= kResponseBody; }

// The body of a local reply, while it is shown.
std::string* own(uint32_t buffer) {
  const bool shown = stream() != nullptr && stream()->shows_reply();
  return buffer == kResponseBody && shown ? &stream()->reply.body : nullptr;
}

// A buffer that is no body of Envoy's; none: there is no such buffer now.
std::optional<std::string_view> text(uint32_t buffer) {
  switch (buffer) {
    case kCalloutBody:
      if (!vm().answer.readable) return {};
      return vm().answer.body;
    case kPluginConfiguration:
      if (!vm().configuring) return {};
      return vm().settings.configuration;
    case kVmConfiguration:
    case kLast:
      return vm().settings.vm_configuration;
    default:
      if (const std::string* body = own(buffer)) return *body;
      return std::string_view();
  }
}

bool of_envoy(uint32_t buffer) {
  return is_body(buffer) && stream() != nullptr && own(buffer) == nullptr;
}

}  // namespace

SHIM_EXPORT uint32_t proxy_get_buffer_bytes(uint32_t buffer, size_t start, size_t count,
                                            const char** bytes, size_t* size) {
  CALL("proxy_get_buffer_bytes", buffer, start, count, bytes, size);
  if (buffer > kLast) return call.end(kBadArgument);
  if (!of_envoy(buffer)) {
    const auto all = text(buffer);
    if (!all) return call.end(kNotFound);
    const auto part = start < all->size() ? all->substr(start, count) : std::string_view();
    return call.end(vm().give(part, bytes, size));
  }
  const BodyView body(*stream(), buffer);
  const size_t some = start < body.size() ? std::min(count, body.size() - start) : 0;
  if (some == 0) return call.end(vm().give({}, bytes, size));
  char* room = vm().allocate(some);
  body.read(start, some, room);
  *bytes = room;
  *size = some;
  return call.end(kOk);
}

SHIM_EXPORT uint32_t proxy_get_buffer_status(uint32_t buffer, size_t* size, uint32_t* flags) {
  CALL("proxy_get_buffer_status", buffer, size, flags);
  if (buffer > kLast) return call.end(kBadArgument);
  const auto all = of_envoy(buffer) ? std::string_view() : text(buffer);
  if (!all) return call.end(kNotFound);
  *size = of_envoy(buffer) ? BodyView(*stream(), buffer).size() : all->size();
  *flags = 0;
  return call.end(kOk);
}

// Start 0: drop `count` bytes, put `bytes` in front. Start at or past the end: append. Else no.
SHIM_EXPORT uint32_t proxy_set_buffer_bytes(uint32_t buffer, size_t start, size_t count,
                                            const char* bytes, size_t size) {
  CALL("proxy_set_buffer_bytes", buffer, start, count, bytes, size);
  if (buffer > kLast) return call.end(kBadArgument);
  const std::string_view fresh(bytes, size);
  if (std::string* body = own(buffer)) {
    if (start != 0 && start < body->size()) return call.end(kBadArgument);
    start == 0 ? body->replace(0, count, fresh) : body->append(fresh);
    return call.end(kOk);
  }
  if (!of_envoy(buffer)) return call.end(text(buffer) ? kBadArgument : kNotFound);
  const bool shown = stream()->in_body[buffer] || stream()->buffering[buffer];
  BodyView body(*stream(), buffer);
  if (!shown || (start != 0 && start < body.size())) return call.end(kBadArgument);
  start == 0 ? body.replace(count, fresh) : body.append(fresh);
  return call.end(kOk);
}

SHIM_EXPORT uint32_t proxy_get_configuration(const char** bytes, size_t* size) {
  CALL("proxy_get_configuration", bytes, size);
  const Settings& settings = vm().settings;
  return call.end(vm().give(vm().configuring ? settings.configuration : settings.vm_configuration,
                            bytes, size));
}
