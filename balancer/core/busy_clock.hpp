// How long things were busy, summed over all of them: the integral over time of "how many are in
// service".
//
// Two requests that take 3 s and 5 s add 8 s, whether they overlap or not, and one that is still
// running has already added its age. Kept as (sum of ends) - (sum of starts), so that a start and
// an end are one addition each: busy(now) = running * now - starts + ends. The sums wrap around
// like any unsigned number and the difference still comes out right.
#pragma once

#include <cstdint>

#include "common/time.hpp"

namespace foretide::balancer {

class BusyClock {
 public:
  void start(Instant now) {
    ++running_;
    balance_ -= ticks(now);
  }
  void end(Instant now) {
    --running_;
    balance_ += ticks(now);
  }
  std::uint32_t running() const { return running_; }
  double seconds(Instant now) const {
    const auto nanoseconds = static_cast<std::int64_t>(balance_ + running_ * ticks(now));
    return nanoseconds > 0 ? static_cast<double>(nanoseconds) / 1e9 : 0.0;
  }

 private:
  static std::uint64_t ticks(Instant at) {
    return static_cast<std::uint64_t>(at.time_since_epoch().count());
  }

  std::uint64_t balance_ = 0;
  std::uint32_t running_ = 0;
};

}  // namespace foretide::balancer
