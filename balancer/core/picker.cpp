#include "balancer/core/picker.hpp"

namespace foretide::balancer {

Endpoint* Picker::pick(EndpointSet& endpoints, const Asked& asked, Instant now) {
  switch (endpoints.policy().balance) {
    case wire::TrafficPolicy::Balance::kRoundRobin:
      return in_turn(endpoints, now);
    case wire::TrafficPolicy::Balance::kLeastLoad:
      break;
  }
  return endpoints.least_loaded(asked, now);
}

Endpoint* Picker::in_turn(const EndpointSet& endpoints, Instant now) {
  const auto& list = endpoints.endpoints();
  for (std::size_t step = 0; step < list.size(); ++step) {
    if (turn_ >= list.size()) turn_ = 0;
    Endpoint& endpoint = *list[turn_++];
    if (endpoints.can_take(endpoint, now)) return &endpoint;
  }
  return nullptr;
}

}  // namespace foretide::balancer
