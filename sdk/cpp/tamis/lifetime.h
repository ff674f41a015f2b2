// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What plugins and filters have in common: memory of their own.
#ifndef TAMIS_LIFETIME_H_
#define TAMIS_LIFETIME_H_

#include "tamis/memory.h"

namespace tamis {

/// A plugin's, or that of the stream of a filter.
class Lifetime {
 public:
  Lifetime() : memory_() {}
  ~Lifetime() {}  // NOLINT(modernize-use-equals-default): that would be deleted
  Lifetime(const Lifetime&) = delete;
  Lifetime& operator=(const Lifetime&) = delete;

  /// Memory that lives as long as this. Its owner resets it when this is destroyed: a destructor
  /// that did it would bring a second table of virtual functions into the module.
  Arena& memory() { return memory_; }

 private:
  union {
    Arena memory_;
  };
};

}  // namespace tamis

#endif  // TAMIS_LIFETIME_H_
