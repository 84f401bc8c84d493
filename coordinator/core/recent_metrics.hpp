// What one worker told of itself in the last half minute: of each metric that its node asked it
// for, some six values, of which the mean is asked for. Like `recent_usage`, but that what there is
// depends on the cluster file, and that not every sample has it. Bounded by age and by number: the
// oldest values go, and metrics beyond ten of a service's signals are not taken.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "common/time.hpp"

namespace foretide::coordinator {

class RecentMetrics {
 public:
  static constexpr std::size_t kKept = 64, kMetricsMost = 16;

  void add(Instant at, const std::map<std::string, double>& values);
  // Mean of the values that came after `from`.
  std::optional<double> mean_since(const std::string& key, Instant from) const;

 private:
  struct Value {
    Instant at{};
    double value = 0.0;
  };
  std::map<std::string, std::deque<Value>> metrics_;  // by `metric_key`; oldest first
};

}  // namespace foretide::coordinator
