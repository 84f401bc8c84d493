// Takes in what the operator says: the cluster file at the start and at a reload, a count by hand,
// a pause, a drain, a question about the time ahead.
//
// A reload changes values, never the account: demand, workers and decisions of a service stay, a
// changed release only makes its workers old ones. A service that left the file is wound up: its
// table says so, its workers are retired, and then it is forgotten.
#pragma once

#include "coordinator/core/turn.hpp"

namespace foretide::coordinator {

void apply(Turn& turn, const Started& event);
void apply(Turn& turn, const ClusterChanged& event);
void apply(Turn& turn, const ScaleSet& event);
void apply(Turn& turn, const PauseSet& event);
void apply(Turn& turn, const DrainSet& event);
void apply(Turn& turn, const ForecastAsked& event);

// Services that left the file, whose workers are gone and of whose end every live balancer knows.
void forget_services(Turn& turn);

}  // namespace foretide::coordinator
