#include "coordinator/core/recent_metrics.hpp"

#include "coordinator/core/recent_usage.hpp"

namespace foretide::coordinator {

void RecentMetrics::add(Instant at, const std::map<std::string, double>& values) {
  for (auto& [key, kept] : metrics_) {
    while (!kept.empty() && at - kept.front().at > kSignalWindow) kept.pop_front();
  }
  std::erase_if(metrics_, [](const auto& entry) { return entry.second.empty(); });
  for (const auto& [key, value] : values) {
    if (metrics_.size() >= kMetricsMost && !metrics_.contains(key)) continue;
    std::deque<Value>& kept = metrics_[key];
    if (kept.size() >= kKept) kept.pop_front();
    kept.push_back({at, value});
  }
}

std::optional<double> RecentMetrics::mean_since(const std::string& key, Instant from) const {
  const auto found = metrics_.find(key);
  if (found == metrics_.end()) return std::nullopt;
  double sum = 0.0;
  int known = 0;
  for (const Value& value : found->second) {
    if (value.at <= from) continue;
    sum += value.value;
    ++known;
  }
  return known == 0 ? std::nullopt : std::optional(sum / known);
}

}  // namespace foretide::coordinator
