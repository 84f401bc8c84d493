// Whether the fleet has come to rest, and if not, what is still on its way: the invariant that the
// others lead to. At rest every service has the workers that were decided, ready and no others;
// nothing drains; every process that runs is one of them; every agent has the newest set, and every
// balancer the newest tables with just these endpoints.
#pragma once

#include <string>

#include "tests/simulation/cast.hpp"

namespace foretide::simulation {

// Empty when at rest; else the first thing that is not.
std::string unrest_in(const Cast& cast);
// The longest that an agent still waits before it starts a worker again, or that the coordinator
// spares a node: pauses that faults have left behind and that are meant to be.
Duration longest_pause_in(const Cast& cast);

}  // namespace foretide::simulation
