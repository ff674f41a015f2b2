// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What Envoy's configuration says of a twin. The filter's name is the path of the twin; the
// filter's configuration is the plugin's, as it is, or lines in front of it:
//
//   #tamis.plugin
//   name authz
//   root_id authz
//   vm_id shared-with-others
//   allow_on_headers_stop_iteration
//   vm_configuration 7b7d
//   shared 6b 76
//
//   {"the": "configuration"}
//
// Bytes are hexadecimal; an empty line ends them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shim {

struct Settings {
  std::string path, name, root_id, vm_id, vm_configuration, configuration;
  // Shared data that is there before anybody writes.
  std::vector<std::pair<std::string, std::string>> shared;
  bool allow_on_headers_stop_iteration = false;
};

namespace detail {

inline std::string unhex(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; };
  std::string out;
  for (size_t at = 0; at + 1 < text.size(); at += 2)
    out += static_cast<char>(digit(text[at]) << 4 | digit(text[at + 1]));
  return out;
}

// Takes what is before `end` off `text`, and `end` itself.
inline std::string_view cut(std::string_view& text, char end) {
  const size_t at = text.find(end);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return part;
}

inline void take(Settings& settings, std::string_view line) {
  const std::string_view key = cut(line, ' ');
  if (key == "name") settings.name = line;
  if (key == "root_id") settings.root_id = line;
  if (key == "vm_id") settings.vm_id = line;
  if (key == "vm_configuration") settings.vm_configuration = unhex(line);
  if (key == "allow_on_headers_stop_iteration") settings.allow_on_headers_stop_iteration = true;
  if (key == "shared") {
    const std::string_view name = cut(line, ' ');
    settings.shared.emplace_back(unhex(name), unhex(line));
  }
}

}  // namespace detail

inline Settings read_settings(std::string_view path, std::string_view text) {
  Settings settings;
  settings.path = path;
  std::string_view rest = text;
  if (detail::cut(rest, '\n') == "#tamis.plugin") {
    for (std::string_view line = detail::cut(rest, '\n'); !line.empty();
         line = detail::cut(rest, '\n'))
      detail::take(settings, line);
    text = rest;
  }
  settings.configuration = text;
  return settings;
}

}  // namespace shim
