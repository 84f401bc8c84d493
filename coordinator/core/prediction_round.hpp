// Closes the seconds of all services that a turn is about to decide on, and moves their predictions
// on: as a dish goes round a table, so that nobody goes without for sitting at its end.
//
// A turn's work is bounded. First every predictor that speaks takes in what came, since one that
// falls behind foresees the past; then those that grow have a few steps of their own, by ticks
// only, since nobody waits for them. Where the steps do not suffice, the next round begins with the
// service at which they ended. Of those that grow one is done before the next begins: so most of
// them speak sooner than if all shared.
//
// 500 services in steps of a second are the most there is: 500 of the 600 steps that ten ticks
// allow. A round is made of the state alone, and how far each predictor was fed is written down
// (PredictionStand).
#pragma once

#include <vector>

#include "coordinator/core/service_record.hpp"
#include "coordinator/core/turn.hpp"

namespace foretide::coordinator {

// Steps that all predictors together take in in one turn, of a third of a millisecond or so each. A
// turn about one service is 12 and one or two.
inline constexpr int kPredictionStepsAtOnce = 60, kGrowingStepsAtOnce = 12;

// `services` in the state's order. Those that are no longer in the cluster file are left alone.
void move_predictions(Turn& turn, std::vector<ServiceRecord*> services);

}  // namespace foretide::coordinator
