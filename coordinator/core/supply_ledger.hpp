// What the workers of a service were good for, over the last hour and day: how much of the demand
// found no free worker, and how much of the workers found no demand.
//
// Second by second the load is held against what the ready workers can carry: 10 requests in
// service at once, on two workers of 4 each, leave 2 of 10 unserved; on four, 6 of 16 idle. A mean
// over a second hides a shorter rush, but the balancer saw its requests wait; so the unserved share
// is the larger of the load's and the requests' own (those that waited or were refused, of all).
// What waits while a service wakes from zero is no shortage: that is the price of sleeping.
//
// Kept in cells of five minutes, so an hour is between 55 and 60 minutes long. About 14 KB. Seconds
// of which the load is not known count on neither side.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "common/time.hpp"
#include "coordinator/core/demand_series.hpp"

namespace foretide::coordinator {

class SupplyLedger {
 public:
  // The load that ready workers can carry at this moment. The first word of each second counts.
  void observe(Instant now, double carried, bool is_waking);
  void count(Instant now, double arrivals, double waited);
  // Books the seconds that the series has closed.
  void settle(const DemandSeries& series);

  // From 0 to 1; nothing where there was no demand, or no worker ready.
  std::optional<double> unserved_share(Instant now, Duration window) const;
  std::optional<double> idle_share(Instant now, Duration window) const;

 private:
  struct Stand {
    std::int64_t second = 0;
    double carried = 0.0;
    bool is_waking = false;
  };
  struct Cell {
    std::int64_t number = -1;
    double load = 0.0, unserved = 0.0;  // load times seconds
    double carried = 0.0, idle = 0.0;
    double arrivals = 0.0, waited = 0.0;  // requests
  };
  Cell& open(std::int64_t second);
  Cell sum_over(Instant now, Duration window) const;

  std::deque<Stand> stands_;  // of seconds that are not closed, oldest first
  std::vector<Cell> ring_;
};

}  // namespace foretide::coordinator
