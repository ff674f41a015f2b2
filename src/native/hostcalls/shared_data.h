// Data that VMs of one id share.
#pragma once

#include "../host.h"

namespace tamis::hostcalls {

template <typename H>
uint32_t proxy_get_shared_data(H& host, Address<H> key, Address<H> key_size, Address<H> value_out,
                               Address<H> size_out, Address<H> cas_out) {
  const std::string_view name = host.read(key, key_size);
  if (name.data() == nullptr) return kInvalidMemoryAccess;
  const SharedData::Value* value = host.world.shared_data.get(host.vm_id(), name);
  if (value == nullptr) return kNotFound;
  const uint32_t cas = value->cas;
  const Status status = host.give(value->bytes, value_out, size_out);
  if (status != kOk) return status;
  return host.write(cas_out, cas) ? kOk : kInvalidMemoryAccess;
}

template <typename H>
uint32_t proxy_set_shared_data(H& host, Address<H> key, Address<H> key_size, Address<H> value,
                               Address<H> value_size, uint32_t cas) {
  const std::string_view name = host.read(key, key_size);
  const std::string_view bytes = host.read(value, value_size);
  if (name.data() == nullptr || bytes.data() == nullptr) return kInvalidMemoryAccess;
  return host.world.shared_data.set(host.vm_id(), name, bytes, cas);
}

}  // namespace tamis::hostcalls
