// The predicting half of a decision: moves the series and the predictor on, and gives the rules
// that look ahead their word.
#pragma once

#include "coordinator/core/decision.hpp"
#include "coordinator/core/service_record.hpp"
#include "coordinator/core/situation.hpp"

namespace foretide::coordinator {

// Closes seconds up to `now`; `balancers` is how many are expected to have counted them. The
// predictor takes in at most `steps_left` steps, which are counted down; the rest follows later.
void foresee(ServiceRecord& service, Instant now, std::uint32_t balancers, int& steps_left);

// Prediction is on, knows enough, and has been worth it here.
bool prediction_speaks(const ServiceStanding& service, const Situation& situation);

// The rule "predicted". It wants nothing while it is off, in the shadow or still learning, and says
// so; nor while the latest demand is not known, when the last decision holds.
Opinion predicted_for(const ServiceStanding& service, const Situation& situation);

// The rule "asked", while a POST /scale is in force.
Opinion asked_for(const Situation& situation);

}  // namespace foretide::coordinator
