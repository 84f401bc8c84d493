// How long before a worker asked for now can serve: the time to look ahead. The 90th percentile of
// the measured times from exec to ready, plus one decision period, because demand may turn right
// after a decision. Before anything was measured, two seconds. Start times belong to the release; a
// new release begins with the old one's.
#pragma once

#include <deque>

#include "common/time.hpp"

namespace foretide::coordinator {

inline constexpr Duration kDecisionPeriod = std::chrono::seconds(1);
inline constexpr Duration kStartTimePrior = std::chrono::seconds(2);

class StartTimes {
 public:
  void add(Duration exec_to_ready);
  Duration p90() const;
  std::size_t count() const { return times_.size(); }
  const std::deque<Duration>& times() const { return times_; }

 private:
  std::deque<Duration> times_;  // the last 32
};

Duration lead_time_for(const StartTimes& starts);

}  // namespace foretide::coordinator
