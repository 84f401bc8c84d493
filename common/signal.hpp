// What a service may be scaled by besides its load in flight: `scale.signals` of the cluster file.
//
// A load signal says how much work there is, so it gives a number of workers: 271 requests a second
// at 50 for each are 6, and so are 53 items in a queue at 10 for each. A limit signal says how
// workers fare (latency, CPU, memory, what they tell of themselves). It depends on how many there
// are, so it is no measure of demand and never becomes one: it can only ask for one worker more
// while it is broken, and keep those that there are.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "common/http_url.hpp"
#include "common/worker_metric.hpp"

namespace foretide {

// So many percent of the requests are to be answered within a time.
struct LatencyLimit {
  double percentile = 95.0;
  std::chrono::milliseconds below{};
  friend bool operator==(const LatencyLimit&, const LatencyLimit&) = default;
};

// Of needs.cpus; of one core where needs gives none.
struct CpuLimit {
  double share = 0.0;
  friend bool operator==(const CpuLimit&, const CpuLimit&) = default;
};

// Resident memory, of needs.memory.
struct MemoryLimit {
  double share = 0.0;
  friend bool operator==(const MemoryLimit&, const MemoryLimit&) = default;
};

// A number that workers tell of themselves, such as how many requests wait inside them.
struct MetricLimit {
  enum class Take : std::uint8_t { kMean, kMax };
  std::string name;  // empty: the metric's
  WorkerMetric metric;
  double below = 0.0;
  Take take = Take::kMean;  // over the workers
  friend bool operator==(const MetricLimit&, const MetricLimit&) = default;
};

// Requests a second that are one worker's worth: a load.
struct RequestRate {
  double per_worker = 0.0;
  friend bool operator==(const RequestRate&, const RequestRate&) = default;
};

// Items that wait in a queue elsewhere, whose length the coordinator asks for: a load too. Of what
// is answered, the number stands in a field of JSON, in Prometheus text, or alone.
struct QueueDepth {
  std::string name;  // of those who have several; empty: "queue" is enough
  HttpUrl url;
  std::string field;                     // "data.waiting"; empty: no JSON
  std::optional<MetricSelector> metric;  // absent: no Prometheus text
  double per_worker = 0.0;
  std::chrono::milliseconds every{5'000};
  friend bool operator==(const QueueDepth&, const QueueDepth&) = default;
};

using Signal =
    std::variant<LatencyLimit, CpuLimit, MemoryLimit, RequestRate, QueueDepth, MetricLimit>;

inline bool is_limit(const Signal& signal) {
  return !std::holds_alternative<RequestRate>(signal) &&
         !std::holds_alternative<QueueDepth>(signal);
}

// Whether fewer workers have more of it each: what is measured is a mean of what all do together.
bool is_shared_out(const Signal& signal);

// "latency_p95", "cpu", "requests", "queue_jobs", "metric_vllm:num_requests_waiting": of each name
// a service has one at most, and no rule of another kind has it.
std::string name_of(const Signal& signal);

}  // namespace foretide
