// How a guest is entered when it was loaded, before any callback.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "counts.h"

namespace tamis {

// `_initialize` then `main(0, 0)` or `__main_void`; without `_initialize`: `_start`. Empty, or the
// function that broke.
template <typename G>
std::string run_entry(G& guest) {
  uint32_t ignored = 0;
  const auto run = [&](Entry entry, const auto& arguments) {
    return !guest.has(entry) || guest.call(entry, arguments, ignored);
  };
  constexpr std::array<uint32_t, 0> kNothing{};
  bool fine = true;
  if (guest.has(Entry::_initialize)) {
    fine = run(Entry::_initialize, kNothing);
    if (fine && guest.has(Entry::main))
      fine = run(Entry::main, std::array{0U, 0U});
    else if (fine)
      fine = run(Entry::__main_void, kNothing);
  } else {
    fine = run(Entry::_start, kNothing);
  }
  return fine ? std::string() : std::string(guest.failure().callback);
}

}  // namespace tamis
