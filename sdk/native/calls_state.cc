// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Host functions: metrics, shared data, properties, foreign functions.
#include <string>
#include <string_view>

#include "calls.h"
#include "properties.h"
#include "shared_data.h"

using namespace shim;

SHIM_EXPORT uint32_t proxy_define_metric(uint32_t kind, const char* name, size_t size,
                                         uint32_t* number) {
  CALL("proxy_define_metric", kind, name, size, number);
  if (kind > kHistogram) return call.end(kBadArgument);
  size_t id = 0;
  if (!vm().metrics.define(kind, {name, size}, id)) {
    refuse("proxy_define_metric", "after the configuration: " + std::string(name, size));
    return call.end(kInternalFailure);
  }
  *number = vm().numbers.add(kind, id);
  return call.end(kOk);
}

SHIM_EXPORT uint32_t proxy_increment_metric(uint32_t number, int64_t difference) {
  CALL("proxy_increment_metric", number, difference);
  const uint32_t kind = number & 3;
  if (kind > kGauge) return call.end(kBadArgument);
  const size_t* id = vm().numbers.find(number);
  if (id == nullptr) return call.end(kNotFound);
  if (kind == kCounter && difference <= 0) return call.end(kBadArgument);
  vm().metrics.add(kind, *id, difference);
  return call.end(kOk);
}

SHIM_EXPORT uint32_t proxy_record_metric(uint32_t number, uint64_t value) {
  CALL("proxy_record_metric", number, value);
  const size_t* id = vm().numbers.find(number);
  if (id == nullptr) return call.end(kNotFound);
  vm().metrics.record(number & 3, *id, value);
  return call.end(kOk);
}

SHIM_EXPORT uint32_t proxy_get_shared_data(const char* key, size_t key_size, const char** value,
                                           size_t* size, uint32_t* cas) {
  CALL("proxy_get_shared_data", key, key_size, value, size, cas);
  std::string found;
  if (!SharedData::all().get(vm().settings.vm_id, {key, key_size}, found, *cas))
    return call.end(kNotFound);
  return call.end(vm().give(found, value, size));
}

SHIM_EXPORT uint32_t proxy_set_shared_data(const char* key, size_t key_size, const char* value,
                                           size_t size, uint32_t cas) {
  CALL("proxy_set_shared_data", key, key_size, value, size, cas);
  const std::string_view name(key, key_size), bytes(value, size);
  if (!SharedData::all().set(vm().settings.vm_id, name, bytes, cas)) return call.end(kCasMismatch);
  if (tracing()) say(kTrace, "shared " + hex(name) + " " + hex(bytes));
  return call.end(kOk);
}

SHIM_EXPORT uint32_t proxy_get_property(const char* path, size_t path_size, const char** value,
                                        size_t* size) {
  CALL("proxy_get_property", path, path_size, value, size);
  std::string_view key(path, path_size);
  if (key.empty()) return call.end(kSerializationFailure);
  if (key.back() == '\0') key.remove_suffix(1);  // as the C++ SDK writes it
  std::string found;
  const uint32_t status = find_property(vm(), stream(), key, found);
  return call.end(status == kOk ? vm().give(found, value, size) : status);
}

SHIM_EXPORT uint32_t proxy_set_property(const char* path, size_t path_size, const char* value,
                                        size_t size) {
  CALL("proxy_set_property", path, path_size, value, size);
  if (stream() == nullptr) return call.end(kNotFound);
  const std::string key = std::string("wasm.").append(path, path_size);
  const bool set = envoy_dynamic_module_callback_http_set_filter_state_bytes(
      stream()->filter, {key.data(), key.size()}, {value, size});
  return call.end(set ? kOk : kBadArgument);
}

SHIM_EXPORT uint32_t proxy_call_foreign_function(const char* name, size_t name_size,
                                                 const char* arguments, size_t arguments_size,
                                                 const char** result, size_t* size) {
  CALL("proxy_call_foreign_function", name, name_size, arguments, arguments_size, result, size);
  if (std::string_view(name, name_size) != "clear_route_cache") {
    refuse("proxy_call_foreign_function", {name, name_size});
    return call.end(kNotFound);
  }
  if (stream() != nullptr) envoy_dynamic_module_callback_http_clear_route_cache(stream()->filter);
  return call.end(vm().give({}, result, size));
}
