// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values that all threads of the proxy share, by key, within one vm_id.
#ifndef TAMIS_SHARED_DATA_H_
#define TAMIS_SHARED_DATA_H_

#include "tamis/backend/backend.h"
#include "tamis/types.h"

namespace tamis {

/// Lives until the callback returns.
struct SharedData {
  StringView value;
  /// Which state of it this is: it changes with every write.
  uint32_t version;
};

/// Writes with it hold only where nothing is yet: no value ever has that version.
inline constexpr uint32_t kNothingYet = UINT32_MAX;

/// Nothing when nobody wrote it.
inline Maybe<SharedData> shared_data(StringView key) {
  SharedData found = {};
  if (!backend::shared_data(key, found.value, found.version)) return {};
  return found;
}

/// False, and nothing is written, when it is not in the given version any more; 0 always writes.
inline bool set_shared_data(StringView key, StringView value, uint32_t version = 0) {
  return backend::set_shared_data(key, value, version);
}

/// change(value) returns the new value, and is called again when another thread was faster. It is
/// given an empty value when there is none.
template <class Change>
void update_shared_data(StringView key, Change change) {
  SharedData found = {};
  do {
    found = shared_data(key).value_or({{}, kNothingYet});
  } while (!set_shared_data(key, change(found.value), found.version));
}

}  // namespace tamis

#endif  // TAMIS_SHARED_DATA_H_
