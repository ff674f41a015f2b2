// Bodies and configurations.
#pragma once

#include "../host.h"

namespace tamis::hostcalls {

namespace detail {

// What a buffer id names now. `known` false: NOT_FOUND; `body` nullptr: read-only.
struct BufferView {
  bool known = false;
  std::string* body = nullptr;
  std::string_view bytes;
};

template <typename H>
BufferView view(H& host, uint32_t buffer) {
  switch (buffer) {
    case kHttpRequestBody:
    case kHttpResponseBody: {
      std::string* body = host.active().body(buffer);
      return {true, body, body == nullptr ? std::string_view() : std::string_view(*body)};
    }
    case kForeignFunctionArguments:  // what the context's buffer last held: else the VM's
                                     // configuration
      if (!host.plugin().dns.empty()) return {true, nullptr, host.plugin().dns};
      return {true, nullptr, host.plugin().input->vm_configuration};
    case kVmConfiguration:
      return {true, nullptr, host.plugin().input->vm_configuration};
    case kPluginConfiguration:
      if (!host.plugin().configuring) return {};
      return {true, nullptr, host.plugin().input->configuration};
    case kHttpCallResponseBody:
      if (!host.plugin().http.readable) return {};
      return {true, nullptr, host.plugin().http.body};
    case kGrpcCallMessage: {
      std::string* message = host.plugin().grpc.message;
      return {true, message, message == nullptr ? std::string_view() : std::string_view(*message)};
    }
    default: {
      std::string* data = buffer == kDownstreamData || buffer == kUpstreamData
                              ? host.active().data[buffer - kDownstreamData]
                              : nullptr;
      return {true, data, data == nullptr ? std::string_view() : std::string_view(*data)};
    }
  }
}

}  // namespace detail

template <typename H>
uint32_t proxy_get_buffer_bytes(H& host, uint32_t buffer, uint32_t start, uint32_t size,
                                Address<H> bytes_out, Address<H> size_out) {
  if (buffer > kForeignFunctionArguments) return kBadArgument;
  const detail::BufferView view = detail::view(host, buffer);
  if (!view.known) return kNotFound;
  const std::string_view part =
      start < view.bytes.size() ? view.bytes.substr(start, size) : std::string_view();
  return host.give(part, bytes_out, size_out);
}

template <typename H>
uint32_t proxy_get_buffer_status(H& host, uint32_t buffer, Address<H> size_out,
                                 Address<H> flags_out) {
  if (buffer > kForeignFunctionArguments) return kBadArgument;
  const detail::BufferView view = detail::view(host, buffer);
  if (!view.known) return kNotFound;
  if (!host.write(size_out, static_cast<Address<H>>(view.bytes.size())) ||
      !host.write(flags_out, uint32_t{0}))
    return kInvalidMemoryAccess;
  return kOk;
}

// Start 0: drop `size` bytes, put `value` in front. Start at or past the end: append. Else no.
template <typename H>
uint32_t proxy_set_buffer_bytes(H& host, uint32_t buffer, uint32_t start, uint32_t size,
                                Address<H> value, Address<H> value_size) {
  if (buffer > kForeignFunctionArguments) return kBadArgument;
  const detail::BufferView view = detail::view(host, buffer);
  if (!view.known) return kNotFound;
  const std::string_view bytes = host.read(value, value_size);
  if (bytes.data() == nullptr) return kInvalidMemoryAccess;
  if (view.body == nullptr) return kBadArgument;
  std::string& body = *view.body;
  if (start != 0 && start < body.size()) return kBadArgument;
  const size_t limit = host.script.limits.body_bytes;
  if (body.size() + bytes.size() > limit) throw OutputLimit("body", limit);
  if (start == 0)
    body.replace(0, size, bytes);
  else
    body.append(bytes);
  return kOk;
}

// ABI 0.1.0 only.
template <typename H>
uint32_t proxy_get_configuration(H& host, Address<H> bytes_out, Address<H> size_out) {
  const PluginInput& input = *host.plugin().input;
  return host.give(host.plugin().configuring ? input.configuration : input.vm_configuration,
                   bytes_out, size_out);
}

}  // namespace tamis::hostcalls
