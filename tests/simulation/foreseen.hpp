// Makes of a scenario one in which prediction has something to do: demand of several shapes, among
// them a day of some minutes, starts that take from moments to half a minute, a coordinator that
// remembers demand when it begins anew, times in which no balancer is heard, and faults that leave
// enough time between them to learn in.
//
// For two fifths of its time demand is a clockwork and nothing goes wrong, to see that the numbers
// stand still. The cluster and the weather are those that the seed has without prediction.
#pragma once

#include "tests/simulation/scenario.hpp"

namespace foretide::simulation {

void foresee(Scenario& scenario);

}  // namespace foretide::simulation
