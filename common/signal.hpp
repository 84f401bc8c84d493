// What a service may be scaled by besides its load in flight: `scale.signals` of the cluster file.
//
// A load signal says how much work there is, so it gives a number of workers: 271 requests a second
// at 50 for each are 6. A limit signal says how workers fare (latency, CPU, memory). It depends on
// how many there are, so it is no measure of demand and never becomes one: it can only ask for one
// worker more while it is broken, and keep those that there are.
#pragma once

#include <chrono>
#include <string>
#include <variant>

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

// Requests a second that are one worker's worth: the only load among them.
struct RequestRate {
  double per_worker = 0.0;
  friend bool operator==(const RequestRate&, const RequestRate&) = default;
};

using Signal = std::variant<LatencyLimit, CpuLimit, MemoryLimit, RequestRate>;

inline bool is_limit(const Signal& signal) {
  return !std::holds_alternative<RequestRate>(signal);
}

// "latency_p95", "cpu", "memory", "requests": of each name a service has one at most.
std::string name_of(const Signal& signal);

}  // namespace foretide
