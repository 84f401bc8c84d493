// The endpoints of a service as balancers should see them, and the match table over all services.
//
// A worker enters the table when it is ready for the first time and stays there until it is gone:
// one that fails, restarts or drains is `draining` there, so that it gets no new request and is not
// forgotten. A worker on a silent node stays as it was; balancers see for themselves whether it
// answers. Static upstreams are endpoints that are always active.
#pragma once

#include <vector>

#include "coordinator/core/state.hpp"

namespace foretide::coordinator {

std::vector<wire::Endpoint> routes_for(const ServiceRecord& service);
std::vector<wire::Match> matches_for(const ClusterSettings& settings);
WorkerId upstream_id(const ServiceId& service, const Address& upstream);

}  // namespace foretide::coordinator
