// The predicting half of a decision: whether prediction is to be listened to, and the words of the
// rules that look ahead. prediction_round.hpp moves the predictors on.
#pragma once

#include "coordinator/core/decision.hpp"
#include "coordinator/core/service_standing.hpp"
#include "coordinator/core/situation.hpp"

namespace foretide::coordinator {

// Prediction is on, knows enough, has been worth it here, and has not fallen behind.
bool prediction_speaks(const ServiceStanding& service, const Situation& situation);

// The rule "predicted". It wants nothing while it is off, in the shadow or still learning, and says
// so; nor while the latest demand is not known, when the last decision holds.
Opinion predicted_for(const ServiceStanding& service, const Situation& situation);

// The rule "asked", while a POST /scale is in force.
Opinion asked_for(const Situation& situation);

}  // namespace foretide::coordinator
