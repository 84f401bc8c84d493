// Which endpoint takes the next request.
//
// Least-load: the shortest expected delay, (requests already there + this one) times how long that
// endpoint's requests take compared with the others'. A worker that takes twice as long gets half
// as many: with 5 in flight it looks like 12, so one with 10 and normal speed is chosen before it.
// Equal ones take turns. Endpoints whose speed is within a quarter of the mean, or not yet known,
// count as equal, so that noise does not upset an even spread. Round-robin: each in turn, whatever
// it has to do.
//
// Both skip what may not take a request (EndpointSet::can_take). One pass over the endpoints; no
// allocation.
#pragma once

#include <cstddef>

#include "balancer/core/endpoint_set.hpp"

namespace foretide::balancer {

class Picker {
 public:
  // Nothing when no endpoint may take a request now: hold it.
  Endpoint* pick(const EndpointSet& endpoints, Instant now);

 private:
  std::size_t turn_ = 0;  // where the search begins, one further each time
};

}  // namespace foretide::balancer
