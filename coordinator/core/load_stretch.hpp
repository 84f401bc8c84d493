// Some seconds of one worker under load, as evidence of what it can serve: how many requests were
// in flight at it on average, and how long one of them took.
//
// Over a stretch of time busy seconds divided by seconds are the load, and divided by the requests
// that ended the mean service time (Little's law); half the change of what is in flight is added to
// those that ended, for work begun and not ended yet. A stretch is as short as it can be for both
// to mean something: five seconds, eight requests, four service times. One that takes longer than
// two minutes for that, in which a tenth of the requests failed, or of which a balancer was silent
// for half, says nothing and is dropped.
//
// Each balancer's share is counted by that balancer's own clock. Owner: the worker's record.
#pragma once

#include <map>
#include <optional>

#include "common/ids.hpp"
#include "common/time.hpp"

namespace foretide::coordinator {

struct LoadStretch {
  Instant began{}, ended{};
  double load = 0.0;             // mean, in requests in flight
  double service_seconds = 0.0;  // mean
  // Requests a second: what came to the service for each ready worker or, where more ended here
  // than came, what ended.
  double rate = 0.0;
  bool others_waited = false;  // all the while requests were held that could have come here
};

// What one balancer counted at the worker between two of its reports.
struct LoadShare {
  double seconds = 0.0, busy_seconds = 0.0;
  double completed = 0.0, failed = 0.0;
  double in_flight_change = 0.0;
  double arrived = 0.0;      // at the service, for each ready worker
  bool others_wait = false;  // it, or another balancer, holds requests
};

class StretchMeter {
 public:
  // The stretch that ends with this share; nothing while it has to grow.
  std::optional<LoadStretch> add(const BalancerId& balancer, const LoadShare& share, Instant now);

 private:
  LoadShare total() const;
  std::optional<LoadStretch> stretch_at(Instant now) const;

  Instant began_{};
  std::map<BalancerId, LoadShare> shares_;  // since then
};

}  // namespace foretide::coordinator
