// The host functions as symbols, which twins leave undefined.
#pragma once

#include <dlfcn.h>

#include <array>
#include <stdexcept>
#include <string>

#include "twin_guest.h"
#include "twin_signatures.h"

namespace tamis {

namespace detail {

// What a symbol does: the host function of the guest that runs on this thread.
template <Import kImport, typename... A>
uint32_t call_import(A... arguments) {
  TwinGuest* const guest = TwinGuest::current();
  if (guest == nullptr) return kInternalFailure;  // on a thread of its own, or when it is unloaded
  std::array<wasmtime::ValRaw, sizeof...(A) + 1> values{};
  size_t count = 0;
  ((values[count++].u64 = static_cast<uint64_t>(arguments)), ...);
  const TwinGuest::Bound& bound = guest->imports[static_cast<size_t>(kImport)];
  const bool before = guest->in_guest();
  guest->in_guest(false);
  if (bound.function(bound.env, nullptr, values.data(), count) != nullptr) {
    // Static constructors have nowhere to go back to: they go on, and the VM is refused.
    if (guest->can_leave()) guest->leave();
  }
  guest->in_guest(before);
  return values[0].u32;
}

}  // namespace detail

// Makes the symbols known to libraries that are opened from now on: Python loads its modules for
// itself alone. Throws std::runtime_error.
void offer_imports();

}  // namespace tamis
