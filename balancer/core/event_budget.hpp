// How often something may happen that costs us more than whoever causes it: so many at once, and so
// many a second in the long run.
//
// A bucket that fills at a steady rate and of which each event takes one. Example: 200 at once and
// 20 a second: a browser that drops a page with a hundred pictures is fine, one that begins and
// drops a request ten thousand times a second is not. Time is an argument.
#pragma once

#include <algorithm>

#include "common/time.hpp"

namespace foretide::balancer {

class EventBudget {
 public:
  struct Rate {
    double at_once = 1.0, per_second = 1.0;
  };

  EventBudget(Rate rate, Instant now) : rate_(rate), left_(rate.at_once), since_(now) {}

  // False: it has happened too often.
  [[nodiscard]] bool spend(Instant now) {
    left_ = std::min(rate_.at_once, left_ + seconds_in(now - since_) * rate_.per_second);
    since_ = now;
    if (left_ < 1.0) return false;
    left_ -= 1.0;
    return true;
  }

 private:
  Rate rate_;
  double left_;
  Instant since_;
};

}  // namespace foretide::balancer
