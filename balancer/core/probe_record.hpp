// What probing an endpoint has shown so far: good until so many bad answers in a row, then bad
// until so many good ones. With three and two, one lost packet changes nothing, and a worker that
// comes back is believed the second time.
#pragma once

#include <cstdint>

namespace foretide::balancer {

enum class Health : std::uint8_t { kBad, kGood };

class ProbeRecord {
 public:
  struct Thresholds {
    std::uint32_t healthy = 2, unhealthy = 3;
  };

  Health health() const { return health_; }
  // Whether that changes its health.
  bool take(Health answer, const Thresholds& thresholds) {
    if (answer == health_) {
      against_ = 0;
      return false;
    }
    const bool is_good = health_ == Health::kGood;
    if (++against_ < (is_good ? thresholds.unhealthy : thresholds.healthy)) return false;
    health_ = answer;
    against_ = 0;
    return true;
  }

 private:
  Health health_ = Health::kGood;
  std::uint32_t against_ = 0;  // answers in a row that speak against what it is
};

}  // namespace foretide::balancer
