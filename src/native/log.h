// What guests log.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "limits.h"

namespace tamis {

// Lives with its world; `clear` keeps the memory. Throws OutputLimit when `limit` bytes are
// exceeded.
class Log {
 public:
  struct Line {
    uint32_t level;
    int32_t step;     // -1: outside of steps
    uint32_t plugin;  // index of the plugin
    size_t at, size;
  };

  void add(uint32_t level, uint32_t plugin, std::string_view text, size_t limit) {
    // A line costs memory even when it is empty.
    total_ += text.size() + sizeof(Line);
    if (total_ > limit) throw OutputLimit("logs", limit);
    lines_.push_back({level, step, plugin, text_.size(), text.size()});
    text_.append(text);
  }
  void clear() {
    lines_.clear();
    text_.clear();
    total_ = 0;
  }
  const std::vector<Line>& lines() const { return lines_; }
  std::string_view text(const Line& line) const {
    return std::string_view(text_).substr(line.at, line.size);
  }

  int32_t step = -1;

 private:
  std::vector<Line> lines_;
  std::string text_;
  size_t total_ = 0;
};

}  // namespace tamis
