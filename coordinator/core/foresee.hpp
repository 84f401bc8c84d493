// The predicting half of a decision: moves the series and the backtests on, and works out what the
// distribution of demand at the end of the lead time needs.
#pragma once

#include "coordinator/core/decision.hpp"
#include "coordinator/core/service_record.hpp"

namespace foretide::coordinator {

// Closes seconds up to `now`; `balancers` is how many are expected to have counted them.
void foresee(ServiceRecord& service, Instant now, std::uint32_t balancers);

// The rule "predicted". It wants nothing while it is off, in the shadow or still learning, and says
// so; nor after a window without any demand, of which no forecaster here can tell when it ends.
Opinion predicted_for(const ServiceRecord& service, Instant now);

// The rule "asked", while a POST /scale is in force.
Opinion asked_for(const ServiceRecord& service, Instant now);

}  // namespace foretide::coordinator
