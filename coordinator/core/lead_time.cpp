#include "coordinator/core/lead_time.hpp"

#include <algorithm>
#include <vector>

namespace foretide::coordinator {
namespace {
constexpr std::size_t kKept = 32;

Duration percentile(std::vector<Duration> times, std::size_t percent) {
  if (times.empty()) return kStartTimePrior;
  std::sort(times.begin(), times.end());
  return times[(times.size() * percent + 99) / 100 - 1];
}

}  // namespace

void StartTimes::add(Duration exec_to_ready) {
  times_.push_back(exec_to_ready);
  if (times_.size() > kKept) times_.pop_front();
}

Duration StartTimes::p90() const {
  return percentile({times_.begin(), times_.end()}, 90);
}

Duration StartTimes::p99() const {
  return percentile({times_.begin(), times_.end()}, 99);
}

Duration lead_time_for(const StartTimes& starts) {
  return starts.p90() + kDecisionPeriod;
}

}  // namespace foretide::coordinator
