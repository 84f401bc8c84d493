// The load at which service times begin to grow, fitted to how much longer requests took at one
// load than at another. The law and its parameters: capacity_estimate.hpp.
#pragma once

#include <optional>

#include "coordinator/core/capacity_evidence.hpp"

namespace foretide::coordinator {

struct KneeFit {
  double load = 0.0;
  double log_error = 0.0;  // one standard error of log(load)
};

// Nothing where no knee explains much more than that the load does not matter.
std::optional<KneeFit> knee_of(const CapacityEvidence& evidence);

}  // namespace foretide::coordinator
