// What one worker of a running service is worth: the load that it serves well. Everybody who turns
// a load into workers, or back, asks here.
//
// What the cluster file gives holds. Where it gives nothing it is learned (`learned_capacity`) from
// what balancers count at each worker and how much CPU its node's samples say that it uses; a
// worker that was just started is left out until it is warm. A service that was given its capacity
// is measured all the same, and what was measured is shown beside it.
#pragma once

#include <string>
#include <vector>

#include "coordinator/core/service_record.hpp"
#include "coordinator/core/state.hpp"

namespace foretide::coordinator {

// In the unit of the service's load; the service is in the cluster file.
double capacity_of(const ServiceRecord& service);

// Takes in what a balancer counted between two of its reports, both of one session.
void learn_capacity(const State& state, ServiceRecord& service, const BalancerId& balancer,
                    const TrafficTrace& before, Instant now);

// What is known of it, as people see it: "4.1 in flight per worker, learned; ...".
std::string capacity_words(const ServiceRecord& service);

}  // namespace foretide::coordinator
