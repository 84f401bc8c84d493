// Which endpoint takes the next request, by the service's policy.
//
// Least-load: the shortest expected delay (`least_load`); it may say that waiting promises more.
// Round-robin: each in turn, whatever it has to do; one that starts slowly leaves turns to others.
// Hash: the one to which the request's key belongs (`hash_ring`), unless it has more than a quarter
// above its share in flight; then the next on the ring. Prefix-affinity: the one that got a request
// whose body began alike (`prefix_memory`), unless it has more than half above its share; else, and
// for requests that bring nothing to go by, by load.
//
// All skip what may not take a request (EndpointSet::can_take), and take the one to be avoided only
// where there is no other. No allocation.
#pragma once

#include <cstddef>

#include "balancer/core/asked.hpp"
#include "balancer/core/endpoint_set.hpp"
#include "balancer/core/prefix_memory.hpp"

namespace foretide::balancer {

class Picker {
 public:
  // Nothing when no endpoint may take a request now, or had better not: hold it.
  Endpoint* pick(EndpointSet& endpoints, const Asked& asked, Instant now);

  // Whether there is one for a request of somebody else: no turn is taken, nothing is granted.
  bool has_place(EndpointSet& endpoints, Asked asked, Instant now) const;

 private:
  Endpoint* by_policy(EndpointSet& endpoints, const Asked& asked, Instant now);
  Endpoint* in_turn(const EndpointSet& endpoints, const Asked& asked, Instant now);
  Endpoint* by_key(EndpointSet& endpoints, const Asked& asked, Instant now);
  Endpoint* by_prefix(EndpointSet& endpoints, const Asked& asked, Instant now);

  std::size_t turn_ = 0;  // where the search begins, one further each time
  PrefixMemory memory_;
};

}  // namespace foretide::balancer
