// What guests log.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "limits.h"

namespace tamis {

// Lives with its VM; `clear` keeps the memory. Throws OutputLimit when `limit` bytes are exceeded.
class Log {
 public:
  struct Line {
    uint32_t level;
    int32_t exchange;  // -1: outside of exchanges
    size_t at, size;
  };

  void add(uint32_t level, std::string_view text, size_t limit) {
    // A line costs memory even when it is empty.
    if (text_.size() + text.size() + (lines_.size() + 1) * sizeof(Line) > limit)
      throw OutputLimit("logs", limit);
    lines_.push_back({level, exchange, text_.size(), text.size()});
    text_.append(text);
  }
  void clear() {
    lines_.clear();
    text_.clear();
  }
  const std::vector<Line>& lines() const { return lines_; }
  std::string_view text(const Line& line) const {
    return std::string_view(text_).substr(line.at, line.size);
  }

  int32_t exchange = -1;

 private:
  std::vector<Line> lines_;
  std::string text_;
};

}  // namespace tamis
