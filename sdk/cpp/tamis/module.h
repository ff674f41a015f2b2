// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Contexts by number, and which callbacks a filter overrides: what every back end needs.
#ifndef TAMIS_MODULE_H_
#define TAMIS_MODULE_H_

#include "tamis/filter.h"
#include "tamis/memory.h"

/// Constructs in memory that is already there.
inline void* operator new(size_t, void* place, tamis::Heap*) noexcept { return place; }

namespace tamis {

template <class Member>
struct OwnerOf;
template <class Owner, class Result, class... Arguments>
struct OwnerOf<Result (Owner::*)(Arguments...)> {
  static constexpr bool is_base = __is_same(Owner, HttpFilter) || __is_same(Owner, Plugin);
};

/// Whether a member function was overridden: kOverridden<decltype(&F::on_log)>.
template <class Member>
inline constexpr bool kOverridden = !OwnerOf<Member>::is_base;

/// What the host knows by a number: a plugin (no parent) or a stream of one.
struct Context {
  uint32_t id;
  Context* next;
  Context* parent;
};

/// Finds contexts by number; does not own them.
class Contexts {
 public:
  /// Null when there is none.
  Context* find(uint32_t id) { return *find_link(id); }

  /// Gives `context` its number and its parent.
  void insert(Context* context, uint32_t id, Context* parent) {
    Context*& first = buckets_[id % kBuckets];
    *context = {id, first, parent};
    first = context;
  }

  /// Takes it out; null when there is none.
  Context* take(uint32_t id) {
    Context** link = find_link(id);
    Context* context = *link;
    if (context != nullptr) *link = context->next;
    return context;
  }

 private:
  // Hosts count up, so contexts spread evenly: a worker with ten thousand streams has ten a bucket.
  static constexpr size_t kBuckets = 1024;

  /// What points to it, or to the null at the end.
  [[gnu::noinline]] Context** find_link(uint32_t id) {
    Context** link = &buckets_[id % kBuckets];
    while (*link != nullptr && (*link)->id != id) link = &(*link)->next;
    return link;
  }

  Context* buckets_[kBuckets] = {};
};

}  // namespace tamis

#endif  // TAMIS_MODULE_H_
