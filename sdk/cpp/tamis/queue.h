// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Messages between plugins and threads of the proxy.
#ifndef TAMIS_QUEUE_H_
#define TAMIS_QUEUE_H_

#include "tamis/backend/backend.h"
#include "tamis/types.h"

namespace tamis {

/// First in, first out. A copy is the same queue.
class Queue {
 public:
  constexpr Queue() = default;
  constexpr explicit Queue(uint32_t number) : number_(number) {}

  /// Makes it, if nobody did. Each message then goes to on_queue() of the plugin that asked last.
  static Queue own(StringView name) { return Queue(backend::register_queue(name)); }

  /// One that somebody owns; an empty vm_id is one's own.
  static Maybe<Queue> find(StringView vm_id, StringView name) {
    const uint32_t number = backend::resolve_queue(vm_id, name);
    if (number == 0) return {};
    return Queue(number);
  }

  [[nodiscard]] uint32_t number() const { return number_; }

  /// False when there is no such queue.
  bool push(StringView message) const { return backend::enqueue(number_, message); }

  /// The oldest, which then is gone; it lives until the callback returns. Nothing when another
  /// thread was faster.
  [[nodiscard]] Maybe<StringView> pop() const { return backend::dequeue(number_); }

 private:
  uint32_t number_ = 0;
};

/// A plugin that owns queues.
class OnQueue {
 public:
  /// Once for each message; another thread may have taken it already.
  virtual void on_queue(Queue queue) = 0;
};

}  // namespace tamis

#endif  // TAMIS_QUEUE_H_
