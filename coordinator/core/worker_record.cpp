#include "coordinator/core/worker_record.hpp"

namespace foretide::coordinator {

bool WorkerRecord::is_ready() const {
  return report && report->phase == wire::WorkerPhase::kReady;
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

}  // namespace foretide::coordinator
