// How fast a service's requests end, and so how long it will take until those that wait now are
// served: what a client that is refused is told as Retry-After.
//
// A count of what ended, in which each one fades by e within ten seconds; divided by what of the
// ten seconds has passed, it is requests a second. Example: 50 end in a second and 400 wait: come
// back in 8 s. Where nothing has ended yet (the first worker is still starting) it is said to be
// 5 s.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>

#include "common/time.hpp"

namespace foretide::balancer {

class Pace {
 public:
  void ended(Instant now) {
    if (count_ == 0.0) since_ = last_ = now;
    count_ = faded(now) + 1.0;
    last_ = now;
  }
  double per_second(Instant now) const {
    if (count_ == 0.0) return 0.0;
    const double share = -std::expm1(-seconds_in(now - since_) / kFadeSeconds);
    return faded(now) / (kFadeSeconds * std::max(share, 0.01));
  }
  std::chrono::seconds until_served(std::size_t waiting, Instant now) const {
    const double rate = per_second(now);
    if (rate <= 0.0) return kUnknown;
    const double seconds = std::ceil(static_cast<double>(waiting) / rate);
    return std::chrono::seconds(static_cast<int>(std::clamp<double>(seconds, 1, kMost.count())));
  }

 private:
  static constexpr double kFadeSeconds = 10.0;
  static constexpr std::chrono::seconds kUnknown{5}, kMost{120};

  double faded(Instant now) const {
    return count_ * std::exp(-seconds_in(now - last_) / kFadeSeconds);
  }

  double count_ = 0.0;
  Instant since_{}, last_{};
};

}  // namespace foretide::balancer
