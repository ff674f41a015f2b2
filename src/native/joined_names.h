// Header names of which Envoy holds one value: a second one is appended with a comma.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace tamis {

// Lives with the script; never changes once built. Names are lower case.
class JoinedNames {
 public:
  JoinedNames() = default;
  explicit JoinedNames(std::vector<std::string> names) : names_(std::move(names)) {
    std::ranges::sort(names_);
  }

  bool contains(std::string_view name) const {
    return std::ranges::binary_search(names_, name, {},
                                      [](const std::string& n) { return std::string_view(n); });
  }

 private:
  std::vector<std::string> names_;
};

}  // namespace tamis
