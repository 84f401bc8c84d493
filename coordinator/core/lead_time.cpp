#include "coordinator/core/lead_time.hpp"

#include <algorithm>
#include <vector>

namespace foretide::coordinator {
namespace {
constexpr std::size_t kKept = 32;
}

void StartTimes::add(Duration exec_to_ready) {
  times_.push_back(exec_to_ready);
  if (times_.size() > kKept) times_.pop_front();
}

Duration StartTimes::p90() const {
  if (times_.empty()) return kStartTimePrior;
  std::vector<Duration> ascending(times_.begin(), times_.end());
  std::sort(ascending.begin(), ascending.end());
  return ascending[(ascending.size() * 9 + 9) / 10 - 1];
}

Duration lead_time_for(const StartTimes& starts) {
  return starts.p90() + kDecisionPeriod;
}

}  // namespace foretide::coordinator
