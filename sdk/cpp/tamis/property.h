// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the proxy knows about a stream: property("source", "address").
#ifndef TAMIS_PROPERTY_H_
#define TAMIS_PROPERTY_H_

#include "tamis/backend/backend.h"
#include "tamis/text.h"

namespace tamis {

/// Segments of a path, joined as the proxy wants them.
template <class... Segments>
StringView property_path(StringView first, const Segments&... rest) {
  Text path;
  path << first;
  ((path << '\0' << StringView(rest)), ...);
  return path.text();
}

/// The bytes of a property, or nothing. They live until the callback returns.
template <class... Segments>
Maybe<StringView> property(StringView first, const Segments&... rest) {
  return backend::property(property_path(first, rest...));
}

/// A number (int, uint, timestamp and duration in ns), or nothing if it is absent or not 8 bytes.
template <class... Segments>
Maybe<int64_t> number_property(StringView first, const Segments&... rest) {
  const Maybe<StringView> bytes = property(first, rest...);
  if (!bytes || bytes->size() != sizeof(int64_t)) return {};
  int64_t number = 0;
  __builtin_memcpy(&number, bytes->data(), sizeof(number));
  return number;
}

/// Leaves a value for filters that come later and for the access log; its path has one segment.
inline bool set_property(StringView name, StringView value) {
  return backend::set_property(name, value);
}

}  // namespace tamis

#endif  // TAMIS_PROPERTY_H_
