#include "balancer/core/picker.hpp"

namespace foretide::balancer {

Endpoint* Picker::pick(const EndpointSet& endpoints, Instant now) {
  const auto& list = endpoints.endpoints();
  const std::size_t count = list.size();
  if (count == 0) return nullptr;
  if (turn_ >= count) turn_ = 0;
  const bool in_turn = endpoints.policy().balance == wire::TrafficPolicy::Balance::kRoundRobin;

  Endpoint* best = nullptr;
  std::size_t best_index = 0;
  double best_delay = 0.0;
  for (std::size_t step = 0, index = turn_; step < count; ++step, ++index) {
    if (index == count) index = 0;
    Endpoint& endpoint = *list[index];
    if (!endpoints.can_take(endpoint, now)) continue;
    const double delay = (endpoint.in_flight + 1.0) * endpoint.relative_seconds;
    if (best == nullptr || delay < best_delay) {
      best = &endpoint;
      best_index = index;
      best_delay = delay;
    }
    if (in_turn) break;
  }
  if (best != nullptr) turn_ = best_index + 1;
  return best;
}

}  // namespace foretide::balancer
