// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Data that all VMs of one vm_id share, in whatever thread, as long as one of them lives.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace shim {

class SharedData {
 public:
  static SharedData& all() {
    static auto* const data = new SharedData;  // outlives every thread
    return *data;
  }

  void join(const std::string& vm_id) {
    const std::lock_guard lock(mutex_);
    ++spaces_[vm_id].users;
  }
  void leave(const std::string& vm_id) {
    const std::lock_guard lock(mutex_);
    const auto at = spaces_.find(vm_id);
    if (at != spaces_.end() && --at->second.users == 0) spaces_.erase(at);
  }

  bool get(const std::string& vm_id, std::string_view key, std::string& value, uint32_t& cas) {
    const std::lock_guard lock(mutex_);
    auto& values = spaces_[vm_id].values;
    const auto at = values.find(key);
    if (at == values.end()) return false;
    value = at->second.bytes;
    cas = at->second.cas;
    return true;
  }

  // False when another value is there than that of number `cas`; 0 writes whatever is there.
  bool set(const std::string& vm_id, std::string_view key, std::string_view bytes, uint32_t cas) {
    const std::lock_guard lock(mutex_);
    auto& values = spaces_[vm_id].values;
    auto at = values.find(key);
    if (at != values.end() && cas != 0 && cas != at->second.cas) return false;
    if (at == values.end()) at = values.emplace(key, Value()).first;
    at->second = {std::string(bytes), next_};
    if (++next_ == 0) next_ = 1;
    return true;
  }

 private:
  struct Value {
    std::string bytes;
    uint32_t cas = 0;
  };
  struct Space {
    std::map<std::string, Value, std::less<>> values;
    size_t users = 0;
  };
  std::mutex mutex_;
  std::map<std::string, Space, std::less<>> spaces_;
  uint32_t next_ = 1;
};

}  // namespace shim
