#include "coordinator/core/metric_signal.hpp"

#include <algorithm>

#include "coordinator/core/text.hpp"

namespace foretide::coordinator {

SignalReading metric_reading(const MetricLimit& limit, const ServiceRecord& service,
                             std::uint32_t ready, Instant from) {
  SignalReading reading{.limit = limit.below};
  const std::string key = metric_key(limit.metric);
  std::optional<double> largest;
  double sum = 0.0;
  std::uint32_t told = 0;
  for (const auto& [id, worker] : service.workers) {
    if (worker.stage != WorkerStage::kServing || !worker.is_warm()) continue;
    const auto mean = worker.metrics.mean_since(key, from);
    if (!mean) continue;
    largest = std::max(largest.value_or(*mean), *mean);
    sum += *mean;
    ++told;
  }
  if (told == 0 || told * 2 < ready) {
    reading.missing = too_few_samples(told, ready);
    return reading;
  }
  const bool is_mean = limit.take == MetricLimit::Take::kMean;
  reading.value = is_mean ? sum / told : *largest;
  reading.words = text_of("%.4g of %.4g, %s of the workers", *reading.value, reading.limit,
                          is_mean ? "mean" : "max");
  return reading;
}

}  // namespace foretide::coordinator
