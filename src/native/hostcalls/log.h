// Logging and status.
#pragma once

#include "../host.h"

namespace tamis::hostcalls {

// Every level is recorded: the host logs at trace.
inline constexpr uint32_t kHostLogLevel = 0;

template <typename H>
uint32_t proxy_log(H& host, uint32_t level, Address<H> message, Address<H> size) {
  if (level > 5) return kBadArgument;
  const std::string_view text = host.read(message, size);
  if (text.data() == nullptr) return kInvalidMemoryAccess;
  host.log(level, text);
  return kOk;
}

template <typename H>
uint32_t proxy_get_log_level(H& host, Address<H> level_out) {
  return host.write(level_out, kHostLogLevel) ? kOk : kInvalidMemoryAccess;
}

// Of the last callout of the plugin that failed, even when a stream asks; the code stays for ever.
template <typename H>
uint32_t proxy_get_status(H& host, Address<H> code_out, Address<H> message_out,
                          Address<H> size_out) {
  if (!host.write(code_out, host.plugin().status)) return kInvalidMemoryAccess;
  return host.give(host.plugin().status_message, message_out, size_out);
}

}  // namespace tamis::hostcalls
