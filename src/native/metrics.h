// Counters, gauges and histograms: one for all VMs by type and name, ids for each VM.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "abi_table.h"
#include "limits.h"

namespace tamis {

enum class MetricType : uint32_t { kCounter, kGauge, kHistogram };

// Lives with its world. A counter and a gauge of one name are two metrics, as in Envoy.
class Metrics {
 public:
  struct Metric {
    MetricType type;
    std::string name;
    uint64_t value = 0;  // of a histogram: how often it was recorded
  };

  explicit Metrics(size_t limit = size_t{16} << 20) : limit_(limit) {}

  // The index of the metric. Throws OutputLimit: each call gives a VM one more id.
  uint32_t define(MetricType type, std::string_view name) {
    charge(sizeof(uint32_t));
    auto& known = known_[static_cast<size_t>(type)];
    if (const auto at = known.find(name); at != known.end()) return at->second;
    charge(2 * (sizeof(Metric) + name.size()));
    const auto index = static_cast<uint32_t>(metrics_.size());
    metrics_.push_back({type, std::string(name)});
    known.emplace(name, index);
    return index;
  }

  Metric& at(uint32_t index) { return metrics_[index]; }
  const std::vector<Metric>& all() const { return metrics_; }

 private:
  void charge(size_t bytes) {
    total_ += bytes;
    if (total_ > limit_) throw OutputLimit("metrics", limit_);
  }

  const size_t limit_;
  size_t total_ = 0;
  std::vector<Metric> metrics_;
  std::array<std::map<std::string, uint32_t, std::less<>>, 3> known_;
};

// The ids a VM gave to metrics: 4, 8, ... for counters, 5, 9, ... for gauges, 6, 10, ... for
// histograms; a new one whenever it defines, even the same name. Lives with its VM.
class MetricIds {
 public:
  uint32_t add(MetricType type, uint32_t index) {
    auto& indices = indices_[static_cast<size_t>(type)];
    indices.push_back(index);
    return static_cast<uint32_t>(indices.size()) * 4 + static_cast<uint32_t>(type);
  }

  // False: the VM has no such id. The type of an id is its two low bits.
  bool find(uint32_t id, uint32_t& index) const {
    const uint32_t type = id & 3;
    if (type >= indices_.size() || id < 4 || id / 4 > indices_[type].size()) return false;
    index = indices_[type][id / 4 - 1];
    return true;
  }

 private:
  std::array<std::vector<uint32_t>, 3> indices_;
};

}  // namespace tamis
