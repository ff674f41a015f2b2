// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Properties: Envoy's attributes by path, in the wire types of Envoy's Wasm.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "stream.h"
#include "vm.h"

namespace shim {

// `path`: segments joined by NUL. What Envoy shows to Wasm plugins only is refused by name, in the
// log, and NOT_FOUND. `stream` null: the plugin itself asks.
uint32_t find_property(Vm& vm, Stream* stream, std::string_view path, std::string& value);

inline std::string hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) text += {kDigits[static_cast<unsigned char>(c) >> 4], kDigits[c & 15]};
  return text;
}

}  // namespace shim
