// Envoy's own addition to the ABI: names to addresses.
#pragma once

#include "../dns.h"
#include "../host.h"

namespace tamis::hostcalls {

// The plugin hears of the answer: at once, inside the call, where no server need be asked.
template <typename H>
uint32_t envoy_resolve_dns(H& host, Address<H> name, Address<H> name_size, Address<H> token_out) {
  const std::string_view text = host.read(name, name_size);
  if (text.data() == nullptr) return kInvalidMemoryAccess;
  const uint32_t token = host.next_dns++;
  if (!host.write(token_out, token)) return kInvalidMemoryAccess;
  PluginContext& plugin = host.plugin();
  DnsAnswer answer = resolve_dns(text);
  if (!answer.now) {
    host.world.plan_next(*plugin.flow, static_cast<uint32_t>(Happening::kDns), token);
    return kOk;
  }
  const uint32_t current = host.current, effective = host.effective;
  plugin.dns = std::move(answer.bytes);
  uint32_t ignored = 0;
  host.call(Callback::envoy_on_resolve_dns, plugin.id,
            std::array{plugin.id, token, static_cast<uint32_t>(plugin.dns.size())}, ignored);
  host.current = current;
  host.touch(effective);
  return kOk;
}

}  // namespace tamis::hostcalls
