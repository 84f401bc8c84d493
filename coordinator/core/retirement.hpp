// How a worker ends without a request noticing. Four words, each said only after the one before was
// heard:
//
//   draining   is in the tables; every live balancer acknowledges such a table
//   quiet      each of them then reports nothing in flight on it, counted under that table or a
//              newer one (a count from before may have missed a request on its way); or its drain
//              time is over
//   stop       goes to its node, which signals, waits, kills, and reports it ended
//   gone       is in the tables; acknowledged, the worker is forgotten and its port may be used
//              again
//
// A balancer that was silent for 15 s is not waited for, but then the node is told to stop the
// worker only when no connection to it is left; likewise in our first minute, when a silent one may
// not be known at all. A worker that was never in a table skips what concerns balancers. What a
// silent balancer may still believe is said to it when it is back: farewells stay in the table
// until every known balancer has heard them.
#pragma once

#include "coordinator/core/turn.hpp"

namespace foretide::coordinator {

void retire(Turn& turn, ServiceRecord& service);

}  // namespace foretide::coordinator
