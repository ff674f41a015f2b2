// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The proxy-wasm back end: what outlives a stream.
#ifndef TAMIS_BACKEND_WASM_STATE_H_
#define TAMIS_BACKEND_WASM_STATE_H_

#include "tamis/backend/backend.h"
#include "tamis/backend/wasm_given.h"
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
  Given& got = given();
  if (proxy_get_shared_data(key.data(), key.size(), &got.bytes, &got.size, &version) != 0) {
    return false;
  }
  value = got.view();
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
  Given& message = given();
  if (proxy_dequeue_shared_queue(queue, &message.bytes, &message.size) != 0) return {};
  return message.view();
}

inline void tick_every(uint32_t milliseconds) { proxy_set_tick_period_milliseconds(milliseconds); }

inline Maybe<StringView> foreign_function(StringView name, StringView arguments) {
  Given& result = given();
  const bool called =
      proxy_call_foreign_function(name.data(), name.size(), arguments.data(), arguments.size(),
                                  &result.bytes, &result.size) == 0;
  if (!called) return {};
  return result.view();
}

}  // namespace tamis::backend

#endif  // TAMIS_BACKEND_WASM_STATE_H_
