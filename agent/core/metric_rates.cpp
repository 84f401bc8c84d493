#include "agent/core/metric_rates.hpp"

#include <cmath>
#include <utility>

namespace foretide::agent {
namespace {

bool can_be(double value) {
  return std::isfinite(value) && std::abs(value) <= kMetricMost;
}

std::optional<double> growth(double before, double now, Duration between) {
  if (now < before || between <= Duration::zero()) return std::nullopt;
  return (now - before) / seconds_in(between);
}

}  // namespace

Result<MetricReading> metric_reading_of(const std::vector<WorkerMetric>& wanted,
                                        const std::string& text, Instant at) {
  std::vector<MetricSelector> selectors;
  for (const WorkerMetric& metric : wanted) selectors.push_back(metric.selector);
  auto sums = metric_sums_in(text, selectors);
  if (!sums) return Error{sums.error()};
  MetricReading reading{.at = at, .values = {}};
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto& sum = (*sums)[i];
    if (sum && can_be(*sum)) reading.values[metric_key(wanted[i])] = *sum;
  }
  return reading;
}

std::map<std::string, double> metric_values_for(const std::vector<WorkerMetric>& wanted,
                                                const std::optional<MetricReading>& before,
                                                const MetricReading& now) {
  std::map<std::string, double> values;
  for (const WorkerMetric& metric : wanted) {
    const std::string key = metric_key(metric);
    const auto value = now.values.find(key);
    if (value == now.values.end()) continue;
    if (!metric.rate) {
      values[key] = value->second;
      continue;
    }
    if (!before || !before->values.contains(key)) continue;
    const auto rate = growth(before->values.at(key), value->second, now.at - before->at);
    if (rate && can_be(*rate)) values[key] = *rate;
  }
  return values;
}

}  // namespace foretide::agent
