// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The proxy-wasm back end: what outlives a stream.
#ifndef TAMIS_BACKEND_WASM_STATE_H_
#define TAMIS_BACKEND_WASM_STATE_H_

#include "tamis/backend/backend.h"
#include "tamis/backend/wasm_imports.h"
#include "tamis/types.h"

namespace tamis::backend {

inline uint32_t define_metric(Metric kind, StringView name) {
  uint32_t id = 0;
  proxy_define_metric(kind, name.data(), name.size(), &id);
  return id;
}

inline void add_metric(uint32_t id, int64_t difference) { proxy_increment_metric(id, difference); }

inline void set_metric(uint32_t id, uint64_t value) { proxy_record_metric(id, value); }

inline uint64_t metric(uint32_t id) {
  uint64_t value = 0;
  proxy_get_metric(id, &value);
  return value;
}

inline bool shared_data(StringView key, StringView& value, uint32_t& version) {
  const char* bytes = nullptr;
  size_t size = 0;
  if (proxy_get_shared_data(key.data(), key.size(), &bytes, &size, &version) != 0) return false;
  value = {bytes, size};
  return true;
}

inline bool set_shared_data(StringView key, StringView value, uint32_t version) {
  return proxy_set_shared_data(key.data(), key.size(), value.data(), value.size(), version) == 0;
}

inline uint32_t register_queue(StringView name) {
  uint32_t queue = 0;
  proxy_register_shared_queue(name.data(), name.size(), &queue);
  return queue;
}

inline uint32_t resolve_queue(StringView vm_id, StringView name) {
  uint32_t queue = 0;
  const bool found =
      proxy_resolve_shared_queue(vm_id.data(), vm_id.size(), name.data(), name.size(), &queue) == 0;
  return found ? queue : 0;
}

inline bool enqueue(uint32_t queue, StringView message) {
  return proxy_enqueue_shared_queue(queue, message.data(), message.size()) == 0;
}

inline Maybe<StringView> dequeue(uint32_t queue) {
  const char* message = nullptr;
  size_t size = 0;
  if (proxy_dequeue_shared_queue(queue, &message, &size) != 0) return {};
  return StringView(message, size);
}

inline void tick_every(uint32_t milliseconds) { proxy_set_tick_period_milliseconds(milliseconds); }

inline Maybe<StringView> foreign_function(StringView name, StringView arguments) {
  const char* result = nullptr;
  size_t size = 0;
  const bool called = proxy_call_foreign_function(name.data(), name.size(), arguments.data(),
                                                  arguments.size(), &result, &size) == 0;
  if (!called) return {};
  return StringView(result, size);
}

}  // namespace tamis::backend

#endif  // TAMIS_BACKEND_WASM_STATE_H_
