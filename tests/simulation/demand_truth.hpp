// What really came: every request that reached a balancer, whatever became of it and whether or not
// anybody was told. Kept by the second for ten minutes.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "common/ids.hpp"
#include "common/time.hpp"

namespace foretide::simulation {

class DemandTruth {
 public:
  void came(const ServiceId& service, Instant at) {
    Second& second = ring_of(service)[slot(second_of(at))];
    if (second.at != second_of(at)) second = {second_of(at), 0.0};
    second.requests += 1.0;
  }
  // In whole seconds.
  double requests(const ServiceId& service, Instant from, Instant to) const {
    const auto found = rings_.find(service);
    if (found == rings_.end()) return 0.0;
    double sum = 0.0;
    for (std::int64_t at = second_of(from); at <= second_of(to); ++at) {
      const Second& second = found->second[slot(at)];
      if (second.at == at) sum += second.requests;
    }
    return sum;
  }

 private:
  static constexpr std::int64_t kKept = 600;
  struct Second {
    std::int64_t at = -1;
    double requests = 0.0;
  };
  using Ring = std::vector<Second>;

  static std::int64_t second_of(Instant at) {
    return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  }
  static std::size_t slot(std::int64_t second) {
    return static_cast<std::size_t>((second % kKept + kKept) % kKept);
  }
  Ring& ring_of(const ServiceId& service) {
    Ring& ring = rings_[service];
    if (ring.empty()) ring.resize(static_cast<std::size_t>(kKept));
    return ring;
  }

  std::map<ServiceId, Ring> rings_;
};

}  // namespace foretide::simulation
