// A number that each worker of a service tells of itself in its Prometheus text, for
// `scale.signals`: the coordinator names it in the worker's spec, the node's agent asks the worker
// for it, and samples carry it back under `metric_key`.
#pragma once

#include <string>

#include "common/metrics/metric_text.hpp"

namespace foretide {

// What is further from zero is no measurement, and is not carried.
inline constexpr double kMetricMost = 1e18;

struct WorkerMetric {
  MetricSelector selector;
  std::string path = "/metrics";
  bool rate = false;  // what it grows by a second, of a counter
  friend bool operator==(const WorkerMetric&, const WorkerMetric&) = default;
};

// The same for the same number alone, so that a value of before a reload is not taken for another:
// `vllm:num_requests_waiting`, behind `rate of` and before `at /stats` where it is not as usual.
inline std::string metric_key(const WorkerMetric& metric) {
  const std::string selector = selector_text(metric.selector);
  const std::string place = metric.path == "/metrics" ? "" : " at " + metric.path;
  return (metric.rate ? "rate of " : "") + selector + place;
}

}  // namespace foretide
