// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The metrics of one configuration. Envoy takes new ones only while it makes the configuration, on
// its main thread; the VMs of workers find theirs by name.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tamis/backend/envoy_abi.h"

namespace shim {

namespace envoy = tamis::envoy;

enum Kind : uint32_t { kCounter = 0, kGauge = 1, kHistogram = 2 };

class Metrics {
 public:
  explicit Metrics(envoy::Config config) : config_(config) {}

  // From now on nothing new can be defined: there are readers in other threads.
  void freeze() { frozen_ = true; }
  // Envoy's side is gone; what VMs count in the end is lost.
  void close() { config_ = nullptr; }

  // False when Envoy does not take it any more. `id`: of Envoy.
  bool define(uint32_t kind, std::string_view name, size_t& id) {
    const auto key = std::pair(kind, std::string(name));
    const auto at = ids_.find(key);
    if (at != ids_.end()) {
      id = at->second;
      return true;
    }
    if (frozen_) return false;
    const envoy::Bytes text{name.data(), name.size()};
    uint32_t failed = 0;
    if (kind == kCounter)
      failed = envoy_dynamic_module_callback_http_filter_config_define_counter(config_, text,
                                                                               nullptr, 0, &id);
    else if (kind == kGauge)
      failed = envoy_dynamic_module_callback_http_filter_config_define_gauge(config_, text, nullptr,
                                                                             0, &id);
    else
      failed = envoy_dynamic_module_callback_http_filter_config_define_histogram(config_, text,
                                                                                 nullptr, 0, &id);
    if (failed != 0) return false;
    ids_.emplace(key, id);
    return true;
  }

  void add(uint32_t kind, size_t id, int64_t difference) {
    if (config_ == nullptr) return;
    const auto size = static_cast<uint64_t>(difference < 0 ? -difference : difference);
    if (kind == kCounter)
      envoy_dynamic_module_callback_http_filter_config_increment_counter(config_, id, nullptr, 0,
                                                                         size);
    else if (difference < 0)
      envoy_dynamic_module_callback_http_filter_config_decrement_gauge(config_, id, nullptr, 0,
                                                                       size);
    else
      envoy_dynamic_module_callback_http_filter_config_increment_gauge(config_, id, nullptr, 0,
                                                                       size);
  }

  void record(uint32_t kind, size_t id, uint64_t value) {
    if (config_ == nullptr) return;
    if (kind == kCounter)
      envoy_dynamic_module_callback_http_filter_config_increment_counter(config_, id, nullptr, 0,
                                                                         value);
    else if (kind == kGauge)
      envoy_dynamic_module_callback_http_filter_config_set_gauge(config_, id, nullptr, 0, value);
    else
      envoy_dynamic_module_callback_http_filter_config_record_histogram_value(config_, id, nullptr,
                                                                              0, value);
  }

 private:
  std::atomic<envoy::Config> config_;
  bool frozen_ = false;
  std::map<std::pair<uint32_t, std::string>, size_t> ids_;
};

// The numbers by which one VM knows them: as in Envoy's Wasm, the kind is in the low bits.
class MetricNumbers {
 public:
  uint32_t add(uint32_t kind, size_t id) {
    ids_[kind].push_back(id);
    return static_cast<uint32_t>(ids_[kind].size()) << 2 | kind;
  }
  // Null for a number that nobody was given.
  const size_t* find(uint32_t number) const {
    const uint32_t kind = number & 3, at = (number >> 2) - 1;
    if (kind > kHistogram || at >= ids_[kind].size()) return nullptr;
    return &ids_[kind][at];
  }

 private:
  std::vector<size_t> ids_[3];
};

}  // namespace shim
