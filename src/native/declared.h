// What declare_property said of the properties that a plugin's streams will set.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "limits.h"

namespace tamis {

// Lives in a context; only a plugin's are looked at.
class DeclaredProperties {
 public:
  enum class Type : uint32_t { kBytes, kString, kFlatBuffers, kProtobuf };
  struct Property {
    bool read_only = false;  // it can be set once
    Type type = Type::kBytes;
  };

  // False: it is declared already, and stays as it is. Throws OutputLimit.
  bool add(std::string_view name, Property property) {
    if (properties_.contains(name)) return false;
    total_ += name.size() + sizeof(Property) + sizeof(std::string);
    if (total_ > kMaxMapBytes) throw OutputLimit("declared properties", kMaxMapBytes);
    properties_.emplace(name, property);
    return true;
  }

  // What holds for `name`, declared or not.
  Property of(std::string_view name) const {
    const auto at = properties_.find(name);
    return at == properties_.end() ? Property() : at->second;
  }

  void clear() {
    properties_.clear();
    total_ = 0;
  }

 private:
  size_t total_ = 0;
  std::map<std::string, Property, std::less<>> properties_;
};

}  // namespace tamis
