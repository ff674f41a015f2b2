// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lines in Envoy's log, logger `dynamic_modules`: what the twin logs, and at trace level every call
// in both directions, in the words of Envoy's own Wasm runtime:
//
//   [host->vm] proxy_on_request_headers(2, 4, 1)
//   [vm->host] env.proxy_log(2, 139868, 5)
//   [vm<-host] env.proxy_log return: 0
//   [host<-vm] proxy_on_request_headers return: 0
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "tamis/backend/envoy_abi.h"

namespace shim {

namespace envoy = tamis::envoy;

enum Level : uint32_t { kTrace = 0, kDebug = 1, kInfo = 2, kWarn = 3, kError = 4 };

inline void say(uint32_t level, std::string_view line) {
  envoy_dynamic_module_callback_log(level, {line.data(), line.size()});
}

inline bool tracing() { return envoy_dynamic_module_callback_log_enabled(kTrace); }

namespace detail {

// As Envoy shows it: nothing is below zero.
inline void show(std::string& to, std::integral auto number) {
  if constexpr (std::is_same_v<decltype(number), int64_t>)
    to += std::to_string(static_cast<uint64_t>(number));
  else
    to += std::to_string(number);
}
inline void show(std::string& to, const volatile void* address) {
  to += std::to_string(reinterpret_cast<uintptr_t>(address));
}

template <typename... Arguments>
std::string line(std::string_view way, std::string_view name, Arguments... arguments) {
  std::string text(way);
  text.append(name).append("(");
  size_t count = 0;
  ((count++ != 0 ? text.append(", ") : text, show(text, arguments)), ...);
  return text.append(")");
}

}  // namespace detail

// The twin calls a host function, for as long as this lives.
template <typename... Arguments>
class Crossing {
 public:
  explicit Crossing(std::string_view name, Arguments... arguments)
      : name_(name), traced_(tracing()) {
    if (traced_) say(kTrace, detail::line("[vm->host] env.", name, arguments...));
  }
  Crossing(const Crossing&) = delete;

  // What it answers.
  uint32_t end(uint32_t status) const {
    if (traced_)
      say(kTrace, std::string("[vm<-host] env.")
                      .append(name_)
                      .append(" return: ")
                      .append(std::to_string(status)));
    return status;
  }

 private:
  std::string_view name_;
  bool traced_;
};

// What Envoy's modules cannot do was asked for: said by name, whatever the level of the log is.
inline void refuse(std::string_view name, std::string_view what = {}) {
  std::string text("refused: ");
  text.append(name);
  if (!what.empty()) text.append(" ").append(what);
  say(kError, text);
}

}  // namespace shim
