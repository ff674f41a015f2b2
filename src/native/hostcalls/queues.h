// Queues that VMs share; who registered one hears of its items after the callback.
#pragma once

#include "../host.h"

namespace tamis::hostcalls {

template <typename H>
uint32_t proxy_register_shared_queue(H& host, Address<H> name, Address<H> name_size,
                                     Address<H> token_out) {
  const std::string_view text = host.read(name, name_size);
  if (text.data() == nullptr) return kInvalidMemoryAccess;
  const uint32_t token = host.world.queues.enroll(host.vm_id(), text, host.plugin().flow);
  return host.write(token_out, token) ? kOk : kInvalidMemoryAccess;
}

// An empty VM id is the guest's own.
template <typename H>
uint32_t proxy_resolve_shared_queue(H& host, Address<H> vm_id, Address<H> vm_id_size,
                                    Address<H> name, Address<H> name_size, Address<H> token_out) {
  const std::string_view id = host.read(vm_id, vm_id_size);
  const std::string_view text = host.read(name, name_size);
  if (id.data() == nullptr || text.data() == nullptr) return kInvalidMemoryAccess;
  const uint32_t token = host.world.queues.resolve(id.empty() ? host.vm_id() : id, text);
  if (token == 0) return kNotFound;
  return host.write(token_out, token) ? kOk : kInvalidMemoryAccess;
}

// Once for each item, even when somebody has taken it meanwhile.
template <typename H>
uint32_t proxy_enqueue_shared_queue(H& host, uint32_t token, Address<H> value,
                                    Address<H> value_size) {
  const std::string_view bytes = host.read(value, value_size);
  if (bytes.data() == nullptr) return kInvalidMemoryAccess;
  Occasion* owner = nullptr;
  const Status status = host.world.queues.enqueue(token, bytes, owner);
  if (owner != nullptr)
    host.world.plan_next(*owner, static_cast<uint32_t>(Happening::kQueue), token);
  return status;
}

// An item that the guest has no room for is lost.
template <typename H>
uint32_t proxy_dequeue_shared_queue(H& host, uint32_t token, Address<H> value_out,
                                    Address<H> size_out) {
  std::string bytes;
  const Status status = host.world.queues.dequeue(token, bytes);
  return status == kOk ? host.give(bytes, value_out, size_out) : status;
}

}  // namespace tamis::hostcalls
