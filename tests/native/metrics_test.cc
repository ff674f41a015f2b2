#include "native/metrics.h"

#include "check.h"

using namespace tamis;

static void ids() {
  Metrics metrics;
  MetricIds one, other;
  const auto define = [&](MetricIds& ids, MetricType type, const char* name) {
    return ids.add(type, metrics.define(type, name));
  };
  CHECK(define(one, MetricType::kCounter, "a") == 4 && define(one, MetricType::kGauge, "a") == 5);
  CHECK(define(one, MetricType::kHistogram, "a") == 6);
  // The same name once more: a new id of the same metric. Each VM counts for itself.
  CHECK(define(one, MetricType::kCounter, "a") == 8 &&
        define(other, MetricType::kCounter, "a") == 4);
  CHECK(metrics.all().size() == 3);
  uint32_t index = 9;
  CHECK(one.find(8, index) && index == 0 && one.find(5, index) && index == 1);
  CHECK(other.find(4, index) && index == 0 && !other.find(8, index));
  for (const uint32_t id : {0U, 1U, 2U, 3U, 7U, 9U, 12U, 0xffffffffU}) CHECK(!one.find(id, index));
}

static void bounded() {
  Metrics metrics(4096);
  CHECK(throws<OutputLimit>(
      [&] {
        for (int i = 0; i < 2000; ++i) metrics.define(MetricType::kCounter, "same");
      },
      "metrics"));
  Metrics many(4096);
  CHECK(throws<OutputLimit>([&] {
    for (int i = 0; i < 100; ++i) many.define(MetricType::kGauge, std::to_string(i));
  }));
}

int main() {
  ids();
  bounded();
}
