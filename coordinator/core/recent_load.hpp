// The last few seconds at full resolution, for the rules that must not wait for a whole second: how
// many requests arrived and how many were in service on average, over any short window up to now.
//
// Each balancer's report is one segment (from its previous report to this one). Each balancer's
// window ends with its own last report and takes the share of each segment that lies inside it: two
// that serve 8 each and report in turn are a load of 16, and not less by what one of them has not
// told yet. One that is more than a second behind the newest is not waited for: its window goes on,
// so that it fades where another took its requests over. Bounded by age: 4 s.
#pragma once

#include <deque>
#include <map>

#include "common/ids.hpp"
#include "common/time.hpp"

namespace foretide::coordinator {

struct RecentRates {
  double arrivals_per_second = 0.0;
  double in_flight = 0.0;  // mean
};

class RecentLoad {
 public:
  void add(const BalancerId& balancer, Instant from, Instant to, double arrivals,
           double busy_seconds);
  RecentRates over(Duration window, Instant now) const;

 private:
  struct Segment {
    Instant from, to;
    double arrivals, busy_seconds;
  };
  using Segments = std::deque<Segment>;  // oldest first, never empty
  static RecentRates sums_over(const Segments& segments, Instant from, Instant to);

  std::map<BalancerId, Segments> balancers_;
  Instant newest_{};  // report of any
};

}  // namespace foretide::coordinator
