// What a plugin's capability_restriction_config leaves of the ABI.
#pragma once

#include <bitset>
#include <string>
#include <string_view>
#include <vector>

#include "abi_table.h"

namespace tamis {

// A value, made once for a VM. Names are those of the ABI (proxy_log, proxy_on_tick, fd_write); an
// unknown one allows nothing. What Envoy or the C library adds to the ABI is never denied, nor are
// the allocator and the entry point, whatever their names: they are not looked up here.
class Capabilities {
 public:
  // Everything.
  Capabilities() {
    imports_.set();
    callbacks_.set();
  }

  // Those named; no name: everything.
  explicit Capabilities(const std::vector<std::string>& names) : Capabilities() {
    if (names.empty()) return;
    const auto denied = [&](std::string_view name) {
      for (const std::string& allowed : names)
        if (allowed == name) return false;
      return true;
    };
    for (size_t i = 0; i < kImports.size(); ++i)
      if (restrictable(static_cast<Import>(i)) && denied(kImports[i].name)) imports_.reset(i);
    for (size_t i = 0; i < kCallbacks.size(); ++i)
      if (restrictable(static_cast<Callback>(i)) && denied(kCallbacks[i].name)) callbacks_.reset(i);
  }

  bool all() const { return imports_.all() && callbacks_.all(); }
  // A denied host function can be imported; it does nothing but answer `refusal`.
  bool allows(Import import) const { return imports_[static_cast<size_t>(import)]; }
  // A denied callback is not looked up: it may be absent or of any type, and is never called.
  bool allows(Callback callback) const { return callbacks_[static_cast<size_t>(callback)]; }

  // What a denied host function answers; nothing where it has no result.
  static constexpr uint32_t refusal(Import import) {
    return kImports[static_cast<size_t>(import)].wasi ? uint32_t{kWasiNotcapable}
                                                      : uint32_t{kInternalFailure};
  }

  static constexpr bool restrictable(Import import) {
    const ImportRow& row = kImports[static_cast<size_t>(import)];
    return row.wasi || row.name.starts_with("proxy_");
  }
  static constexpr bool restrictable(Callback callback) {
    return kCallbacks[static_cast<size_t>(callback)].name.starts_with("proxy_");
  }

 private:
  std::bitset<kImports.size()> imports_;
  std::bitset<kCallbacks.size()> callbacks_;
};

}  // namespace tamis
