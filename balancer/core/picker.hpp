// Which endpoint takes the next request, by the service's policy.
//
// Least-load: the shortest expected delay (`least_load`); it may say that waiting promises more.
// Round-robin: each in turn, whatever it has to do.
//
// Both skip what may not take a request (EndpointSet::can_take). No allocation.
#pragma once

#include <cstddef>

#include "balancer/core/asked.hpp"
#include "balancer/core/endpoint_set.hpp"

namespace foretide::balancer {

class Picker {
 public:
  // Nothing when no endpoint may take a request now, or had better not: hold it.
  Endpoint* pick(EndpointSet& endpoints, const Asked& asked, Instant now);

 private:
  Endpoint* in_turn(const EndpointSet& endpoints, Instant now);

  std::size_t turn_ = 0;  // where the search begins, one further each time
};

}  // namespace foretide::balancer
