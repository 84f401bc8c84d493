// What another autoscaler would have cost at its best, for the same shortage as ours: the target
// that would have been cheapest for this trace, which nobody can know before.
//
// Targets are tried 6 % apart, and then between the best of them and the first above it that misses
// the goal, until what is left unserved is within a hundredth of the goal: so that all are compared
// at the same share, as far as there is a target that gives it (workers are whole, and rules have
// dead bands).
#pragma once

#include <string>

#include "deploy/cli/simulation.hpp"

namespace foretide::cli {

// The cheapest run that leaves no more than `shortage` unserved; where there is none, the one that
// leaves least.
SimulatedRun cheapest_peer(const DemandTrace& trace, const SimulationSettings& settings,
                           const std::string& peer, double shortage);

}  // namespace foretide::cli
