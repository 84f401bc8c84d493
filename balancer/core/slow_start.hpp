// The share of requests that a worker gets which has just joined others: a fifth at once, growing
// evenly to all of its share within ten seconds. Its caches are cold and its connections are not
// made yet; having the fewest requests it would otherwise get every request that comes, until it
// has as many as those that have run for long.
//
// Where it is known how many a worker serves at once there is nothing to slow down: it never has
// more than that.
#pragma once

#include <algorithm>
#include <optional>

#include "common/time.hpp"

namespace foretide::balancer {

class SlowStart {
 public:
  // It begins with the first look at it.
  void begin() { begins_ = true; }
  // Between 0 and 1.
  double share(Instant now) {
    if (begins_) {
      begins_ = false;
      began_ = now;
    }
    if (!began_) return 1.0;
    const double share = seconds_in(now - *began_) / kSeconds;
    if (share >= 1.0) began_.reset();
    return std::clamp(share, kLeast, 1.0);
  }

 private:
  static constexpr double kSeconds = 10.0, kLeast = 0.2;

  bool begins_ = false;
  std::optional<Instant> began_;
};

}  // namespace foretide::balancer
