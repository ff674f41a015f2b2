// The engine's messages in one line.
#pragma once

#include <string>
#include <string_view>

namespace tamis {

// The innermost cause of an engine's message, which comes on several lines.
inline std::string one_line(std::string_view message) {
  constexpr std::string_view kNoise = " 0123456789:";
  while (!message.empty() && message.back() == '\n') message.remove_suffix(1);
  const size_t start = message.rfind('\n');
  if (start != std::string_view::npos) message.remove_prefix(start + 1);
  while (!message.empty() && kNoise.find(message.front()) != std::string_view::npos)
    message.remove_prefix(1);
  return std::string(message);
}

}  // namespace tamis
