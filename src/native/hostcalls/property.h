// Properties: get by path, set as filter state.
#pragma once

#include "../host.h"
#include "../properties.h"

namespace tamis::hostcalls {

template <typename H>
uint32_t proxy_get_property(H& host, Address<H> path, Address<H> path_size, Address<H> value_out,
                            Address<H> size_out) {
  std::string_view key = host.read(path, path_size);
  if (key.data() == nullptr) return kInvalidMemoryAccess;
  if (key.empty()) return kSerializationFailure;
  if (key.back() == '\0') key.remove_suffix(1);
  if (key.empty()) return kNotFound;
  std::string_view value;
  const Status status = find_property(host, key, value);
  return status == kOk ? host.give(value, value_out, size_out) : status;
}

// Built-in attributes cannot be set: whatever the path, it becomes filter state "wasm.<path>".
template <typename H>
uint32_t proxy_set_property(H& host, Address<H> path, Address<H> path_size, Address<H> value,
                            Address<H> value_size) {
  const std::string_view key = host.read(path, path_size);
  const std::string_view bytes = host.read(value, value_size);
  if (key.data() == nullptr || bytes.data() == nullptr) return kInvalidMemoryAccess;
  if (!host.in_stream()) return kNotFound;
  std::string name = "wasm.";
  name.append(key);
  auto& state = host.active().filter_state;
  size_t total = name.size() + bytes.size();
  for (auto& [known, old] : state) {
    if (known == name) {
      if (host.plugin().declared.of(key).read_only) return kBadArgument;
      old.assign(bytes);
      return kOk;
    }
    total += known.size() + old.size();
  }
  if (total > kMaxMapBytes) throw OutputLimit("filter state", kMaxMapBytes);
  state.emplace_back(std::move(name), bytes);
  return kOk;
}

}  // namespace tamis::hostcalls
