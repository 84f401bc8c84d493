#include "coordinator/core/recent_usage.hpp"

namespace foretide::coordinator {

void RecentUsage::add(Instant at, const wire::WorkerSample& sample) {
  std::erase_if(samples_, [at](const Sample& old) { return at - old.at > kSignalWindow; });
  if (samples_.size() >= kKept) samples_.erase(samples_.begin());
  Sample taken{.at = at, .cpu_cores = sample.cpu_cores, .resident_bytes = {}};
  if (sample.resident_bytes) taken.resident_bytes = static_cast<double>(*sample.resident_bytes);
  samples_.push_back(taken);
}

std::optional<double> RecentUsage::mean_of(std::optional<double> Sample::*value,
                                           Instant from) const {
  double sum = 0.0;
  int known = 0;
  for (const Sample& sample : samples_) {
    if (sample.at <= from || !(sample.*value)) continue;
    sum += *(sample.*value);
    ++known;
  }
  return known == 0 ? std::nullopt : std::optional(sum / known);
}

std::optional<double> RecentUsage::cpu_cores_since(Instant from) const {
  return mean_of(&Sample::cpu_cores, from);
}

std::optional<double> RecentUsage::resident_bytes_since(Instant from) const {
  return mean_of(&Sample::resident_bytes, from);
}

}  // namespace foretide::coordinator
