// What VMs of one id share: values by key, each with a number that changes at every write.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "abi_table.h"
#include "limits.h"

namespace tamis {

// Lives with its world, as Envoy's lives with its process: data outlives the VMs. Keys are in
// order.
class SharedData {
 public:
  struct Value {
    std::string bytes;
    uint32_t cas = 0;
  };
  using Values = std::map<std::string, Value, std::less<>>;

  explicit SharedData(size_t limit) : limit_(limit) {}

  // nullptr: there is none. Valid until the next `set`.
  const Value* get(std::string_view vm_id, std::string_view key) const {
    const auto space = spaces_.find(vm_id);
    if (space == spaces_.end()) return nullptr;
    const auto at = space->second.find(key);
    return at == space->second.end() ? nullptr : &at->second;
  }

  // `cas` 0 writes whatever is there; any other must be the number of the value that is there, and
  // does not matter where nothing is. Throws OutputLimit.
  Status set(std::string_view vm_id, std::string_view key, std::string_view bytes, uint32_t cas) {
    auto space = spaces_.find(vm_id);
    if (space == spaces_.end()) {
      charge(vm_id.size() + sizeof(Values), 0);
      space = spaces_.emplace(vm_id, Values()).first;
    }
    auto at = space->second.find(key);
    if (at == space->second.end()) {
      charge(key.size() + sizeof(Values::value_type) + bytes.size(), 0);
      at = space->second.emplace(key, Value()).first;
    } else {
      if (cas != 0 && cas != at->second.cas) return kCasMismatch;
      charge(bytes.size(), at->second.bytes.size());
    }
    at->second.bytes.assign(bytes);
    at->second.cas = next_cas();
    return kOk;
  }

  // What VMs of this id share.
  const Values& values(std::string_view vm_id) const {
    static const Values none;
    const auto space = spaces_.find(vm_id);
    return space == spaces_.end() ? none : space->second;
  }

 private:
  // One sequence for all keys of all ids; 0 is none of it.
  uint32_t next_cas() {
    const uint32_t cas = next_cas_++;
    if (next_cas_ == 0) next_cas_ = 1;
    return cas;
  }

  void charge(size_t more, size_t less) {
    if (total_ - less + more > limit_) throw OutputLimit("shared data", limit_);
    total_ += more - less;
  }

  const size_t limit_;
  size_t total_ = 0;
  uint32_t next_cas_ = 1;
  std::map<std::string, Values, std::less<>> spaces_;
};

}  // namespace tamis
