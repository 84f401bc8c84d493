// The last few seconds at full resolution, for the rules that must not wait for a whole second: how
// many requests arrived and how many were in service on average, over any short window up to now.
//
// Each balancer's report is one segment (from its previous report to this one); a window ends with
// the last report and takes the share of each segment that lies inside it. Bounded by age: 4 s.
#pragma once

#include <deque>

#include "common/time.hpp"

namespace foretide::coordinator {

struct RecentRates {
  double arrivals_per_second = 0.0;
  double in_flight = 0.0;  // mean
};

class RecentLoad {
 public:
  void add(Instant from, Instant to, double arrivals, double busy_seconds);
  RecentRates over(Duration window, Instant now) const;

 private:
  struct Segment {
    Instant from, to;
    double arrivals, busy_seconds;
  };
  std::deque<Segment> segments_;
};

}  // namespace foretide::coordinator
