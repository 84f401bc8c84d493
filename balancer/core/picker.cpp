#include "balancer/core/picker.hpp"

#include <algorithm>
#include <cmath>

namespace foretide::balancer {
namespace {

constexpr double kAboveShareByKey = 1.25, kAboveShareByPrefix = 1.5;
constexpr double kInFlightLeast = 2.0;  // which is never too many

// Requests that an endpoint may have in flight, this one included, when it may have so much more
// than an even share.
double bound_for(const EndpointSet& endpoints, const Asked& asked, double above_share) {
  const auto active = static_cast<double>(std::max<std::size_t>(endpoints.active(), 1));
  return std::max(kInFlightLeast, std::ceil(above_share * (asked.in_flight + 1.0) / active));
}

}  // namespace

Endpoint* Picker::pick(EndpointSet& endpoints, const Asked& asked, Instant now) {
  Endpoint* endpoint = by_policy(endpoints, asked, now);
  if (endpoint == nullptr && asked.avoid != nullptr && !endpoints.has_other_open(asked.avoid)) {
    Asked anyone = asked;
    anyone.avoid = nullptr;
    endpoint = by_policy(endpoints, anyone, now);
  }
  return endpoint;
}

bool Picker::has_place(EndpointSet& endpoints, Asked asked, Instant now) const {
  if (endpoints.policy().balance == wire::TrafficPolicy::Balance::kRoundRobin) {
    const auto& list = endpoints.endpoints();
    return std::any_of(list.begin(), list.end(),
                       [&](const auto& endpoint) { return endpoints.can_take(*endpoint, now); });
  }
  asked.may = Asked::May::kLeaveIt;
  return endpoints.least_loaded(asked, now) != nullptr;
}

Endpoint* Picker::by_policy(EndpointSet& endpoints, const Asked& asked, Instant now) {
  switch (endpoints.policy().balance) {
    case wire::TrafficPolicy::Balance::kRoundRobin:
      return in_turn(endpoints, asked, now);
    case wire::TrafficPolicy::Balance::kHash:
      return by_key(endpoints, asked, now);
    case wire::TrafficPolicy::Balance::kPrefixAffinity:
      return by_prefix(endpoints, asked, now);
    case wire::TrafficPolicy::Balance::kLeastLoad:
      break;
  }
  return endpoints.least_loaded(asked, now);
}

Endpoint* Picker::in_turn(const EndpointSet& endpoints, const Asked& asked, Instant now) {
  const auto& list = endpoints.endpoints();
  Endpoint* passed = nullptr;
  for (std::size_t step = 0; step < list.size(); ++step) {
    if (turn_ >= list.size()) turn_ = 0;
    Endpoint& endpoint = *list[turn_++];
    if (&endpoint == asked.avoid || !endpoints.can_take(endpoint, now)) continue;
    if (++endpoint.turns_passed * endpoint.slow_start.share(now) >= 1.0) {
      endpoint.turns_passed = 0;
      return &endpoint;
    }
    if (passed == nullptr) passed = &endpoint;
  }
  return passed;
}

Endpoint* Picker::by_key(EndpointSet& endpoints, const Asked& asked, Instant now) {
  if (asked.key == nullptr || !asked.key->hash) return endpoints.least_loaded(asked, now);
  const double bound = bound_for(endpoints, asked, kAboveShareByKey);
  Endpoint* endpoint = endpoints.ring().find(*asked.key->hash, [&](const Endpoint& candidate) {
    return &candidate != asked.avoid && candidate.taken() < bound &&
           endpoints.can_take(candidate, now);
  });
  return endpoint != nullptr ? endpoint : endpoints.least_loaded(asked, now);
}

Endpoint* Picker::by_prefix(EndpointSet& endpoints, const Asked& asked, Instant now) {
  if (asked.key == nullptr || asked.key->prefix.count == 0) {
    return endpoints.least_loaded(asked, now);
  }
  Endpoint* endpoint = nullptr;
  if (const auto number = memory_.find(asked.key->prefix)) {
    Endpoint* known = endpoints.find(*number);
    const double bound = bound_for(endpoints, asked, kAboveShareByPrefix);
    const bool fits = known != nullptr && known != asked.avoid && known->taken() < bound;
    if (fits && endpoints.can_take(*known, now)) endpoint = known;
  }
  if (endpoint == nullptr) endpoint = endpoints.least_loaded(asked, now);
  if (endpoint != nullptr) memory_.remember(asked.key->prefix, endpoint->number);
  return endpoint;
}

}  // namespace foretide::balancer
