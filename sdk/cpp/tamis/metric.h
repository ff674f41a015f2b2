// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Numbers in the proxy's statistics, under `wasmcustom.`.
//
// Defined by name while a plugin is configured, kept in it, and used by number: one crossing each.
//
//   allowed = tamis::Counter("my-filter.allowed");
#ifndef TAMIS_METRIC_H_
#define TAMIS_METRIC_H_

#include "tamis/backend/backend.h"
#include "tamis/types.h"

namespace tamis {

/// Only grows.
class Counter {
 public:
  /// Counts nothing.
  constexpr Counter() = default;
  explicit Counter(StringView name) : id_(backend::define_metric(Metric::Counter, name)) {}

  void add(uint32_t count = 1) const {
    if (count != 0) backend::add_metric(id_, count);  // the proxy minds adding nothing
  }
  [[nodiscard]] uint64_t value() const { return backend::metric(id_); }

 private:
  uint32_t id_ = 0;
};

/// Goes up and down.
class Gauge {
 public:
  constexpr Gauge() = default;
  explicit Gauge(StringView name) : id_(backend::define_metric(Metric::Gauge, name)) {}

  void set(uint64_t value) const { backend::set_metric(id_, value); }
  void add(int64_t difference) const { backend::add_metric(id_, difference); }
  [[nodiscard]] uint64_t value() const { return backend::metric(id_); }

 private:
  uint32_t id_ = 0;
};

/// A distribution; it cannot be read back.
class Histogram {
 public:
  constexpr Histogram() = default;
  explicit Histogram(StringView name) : id_(backend::define_metric(Metric::Histogram, name)) {}

  void record(uint64_t value) const { backend::set_metric(id_, value); }

 private:
  uint32_t id_ = 0;
};

}  // namespace tamis

#endif  // TAMIS_METRIC_H_
