// Metrics, with the wrapping arithmetic of Envoy's.
#pragma once

#include "../host.h"

namespace tamis::hostcalls {

namespace detail {

template <typename H>
Metrics::Metric* find_metric(H& host, uint32_t id) {
  uint32_t index = 0;
  return host.metric_ids.find(id, index) ? &host.world.metrics.at(index) : nullptr;
}

// Whether the low bits say counter or gauge.
inline bool has_value(uint32_t id) { return (id & 3) <= static_cast<uint32_t>(MetricType::kGauge); }

}  // namespace detail

template <typename H>
uint32_t proxy_define_metric(H& host, uint32_t type, Address<H> name, Address<H> name_size,
                             Address<H> id_out) {
  const std::string_view text = host.read(name, name_size);
  if (text.data() == nullptr) return kInvalidMemoryAccess;
  if (type > static_cast<uint32_t>(MetricType::kHistogram)) return kBadArgument;
  const auto kind = static_cast<MetricType>(type);
  const uint32_t id = host.metric_ids.add(kind, host.world.metrics.define(kind, text));
  return host.write(id_out, id) ? kOk : kInvalidMemoryAccess;
}

// Counters only go up; a gauge that goes below 0 wraps.
template <typename H>
uint32_t proxy_increment_metric(H& host, uint32_t id, uint64_t delta) {
  if (!detail::has_value(id)) return kBadArgument;
  Metrics::Metric* metric = detail::find_metric(host, id);
  if (metric == nullptr) return kNotFound;
  if (metric->type == MetricType::kCounter && static_cast<int64_t>(delta) <= 0) return kBadArgument;
  metric->value += delta;
  return kOk;
}

// A counter is added to, not set.
template <typename H>
uint32_t proxy_record_metric(H& host, uint32_t id, uint64_t value) {
  Metrics::Metric* metric = detail::find_metric(host, id);
  if (metric == nullptr) return kNotFound;
  switch (metric->type) {
    case MetricType::kCounter:
      metric->value += value;
      break;
    case MetricType::kGauge:
      metric->value = value;
      break;
    case MetricType::kHistogram:
      ++metric->value;
      break;
  }
  return kOk;
}

template <typename H>
uint32_t proxy_get_metric(H& host, uint32_t id, Address<H> value_out) {
  if (!detail::has_value(id)) return kBadArgument;
  const Metrics::Metric* metric = detail::find_metric(host, id);
  if (metric == nullptr) return kNotFound;
  return host.write(value_out, metric->value) ? kOk : kInvalidMemoryAccess;
}

}  // namespace tamis::hostcalls
