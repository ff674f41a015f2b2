// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Contexts by number, and which callbacks a filter overrides: what every back end needs.
#ifndef TAMIS_MODULE_H_
#define TAMIS_MODULE_H_

#include "tamis/filter.h"
#include "tamis/grpc.h"
#include "tamis/memory.h"
#include "tamis/network_filter.h"
#include "tamis/plugin.h"

/// Constructs in memory that is already there.
inline void* operator new(size_t, void* place, tamis::Heap*) noexcept { return place; }

namespace tamis {

template <class Member>
struct OwnerOf;
template <class Owner, class Result, class... Arguments>
struct OwnerOf<Result (Owner::*)(Arguments...)> {
  static constexpr bool is_base = __is_same(Owner, HttpFilter) || __is_same(Owner, Plugin) ||
                                  __is_same(Owner, NetworkFilter) || __is_same(Owner, OnGrpc);
};

/// Whether a member function was overridden: kOverridden<decltype(&F::on_log)>.
template <class Member>
inline constexpr bool kOverridden = !OwnerOf<Member>::is_base;

/// What the host knows by a number.
struct Numbered {
  uint32_t id;
  Numbered* next;
};

/// Finds things by number; does not own them.
class Numbers {
 public:
  /// Null when there is none.
  Numbered* find(uint32_t id) { return *find_link(id); }

  void insert(Numbered* made, uint32_t id) {
    Numbered*& first = buckets_[id % kBuckets];
    *made = {id, first};
    first = made;
  }

  /// Takes it out; null when there is none.
  Numbered* take(uint32_t id) {
    Numbered** link = find_link(id);
    Numbered* found = *link;
    if (found != nullptr) *link = found->next;
    return found;
  }

  /// Takes out those for which keep(one) is false, and calls drop(one).
  template <class Keep, class Drop>
  void sweep(Keep keep, Drop drop) {
    for (Numbered*& first : buckets_) {
      for (Numbered** link = &first; *link != nullptr;) {
        Numbered* one = *link;
        if (keep(one)) {
          link = &one->next;
        } else {
          *link = one->next;
          drop(one);
        }
      }
    }
  }

 private:
  // Hosts count up, so numbers spread evenly: a worker with ten thousand streams has ten a bucket.
  static constexpr size_t kBuckets = 1024;

  /// What points to it, or to the null at the end.
  [[gnu::noinline]] Numbered** find_link(uint32_t id) {
    Numbered** link = &buckets_[id % kBuckets];
    while (*link != nullptr && (*link)->id != id) link = &(*link)->next;
    return link;
  }

  Numbered* buckets_[kBuckets] = {};
};

/// A plugin (no parent) or a stream of one.
struct Context : Numbered {
  Context* parent;
};

/// An answer that is still to come, and the number of who waits for it.
struct Awaited : Numbered {
  uint32_t caller;
};

}  // namespace tamis

#endif  // TAMIS_MODULE_H_
