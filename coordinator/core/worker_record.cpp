#include "coordinator/core/worker_record.hpp"

#include <algorithm>

namespace foretide::coordinator {

bool WorkerRecord::is_ready() const {
  return report && report->phase == wire::WorkerPhase::kReady;
}

bool WorkerRecord::is_warm() const {
  const auto warm_up = std::chrono::duration_cast<std::chrono::milliseconds>(kWarmUp);
  return is_ready() && report->phase_age_ms >= static_cast<std::uint64_t>(warm_up.count());
}

bool WorkerRecord::is_starting() const {
  if (!report) return true;
  return report->phase == wire::WorkerPhase::kStarting && report->failures == 0;
}

bool WorkerRecord::is_failing() const {
  return !is_ready() && !is_starting();
}

std::uint32_t WorkerRecord::in_flight() const {
  std::uint32_t sum = 0;
  for (const auto& [balancer, said] : use) sum += said.in_flight;
  return sum;
}

bool has_warm(const std::map<WorkerId, WorkerRecord>& workers) {
  return std::any_of(workers.begin(), workers.end(),
                     [](const auto& entry) { return entry.second.is_warm(); });
}

}  // namespace foretide::coordinator
