// From what a worker's Prometheus text says to the values that a sample carries. A gauge is carried
// as it stands. A counter that is wanted as a rate is what it grew by since the reading before,
// over the time between: 120 after 100 in 5 s is 4 a second.
//
// What is missing stays missing: a series that the text does not have, a number that is none (NaN)
// or beyond every measure, a rate without a reading before it, and one whose counter fell, for then
// the worker's process began anew.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/time.hpp"
#include "common/worker_metric.hpp"

namespace foretide::agent {

struct MetricReading {
  Instant at{};
  std::map<std::string, double> values;  // as they stood, by `metric_key`
};

// Of the metrics that are asked for at one path; an Error tells what the text has no number for.
Result<MetricReading> metric_reading_of(const std::vector<WorkerMetric>& wanted,
                                        const std::string& text, Instant at);

std::map<std::string, double> metric_values_for(const std::vector<WorkerMetric>& wanted,
                                                const std::optional<MetricReading>& before,
                                                const MetricReading& now);

}  // namespace foretide::agent
