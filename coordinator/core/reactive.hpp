// The rules that look at what is, not at what will be. Each says how many workers it wants and why;
// the largest is taken, so a rule can add and only all of them together can remove.
//
//   stable   the largest load of the settings' window stays served: what came a minute ago may
//            come again
//   panic    the last two seconds alone, for a sudden step; it is heard as soon as a balancer
//            reports, and while it has spoken within the window nothing shrinks
//   backlog  requests that wait are work that must be done besides what arrives: their service
//            time, spread over the lead time. A floor for now, never part of the demand's history
//   wake     something waits and there is no worker at all
//   idle     a service that may sleep is kept at one worker until nothing came for `scale.idle`
//
// While prediction speaks, stable is silent, for prediction has seen the same window and weighed
// it; and panic is heard only of what no forecast had thought of.
//
// Panic takes the larger of requests in service and arrivals times service time, as a mean over two
// seconds or (nine tenths of) over one: a step from 1 to 9 on a worker for 8 must be seen within a
// second or so. Service times above two seconds make arrivals over such a window mere noise; then
// only the requests in service count.
#pragma once

#include <optional>

#include "coordinator/core/decision.hpp"
#include "coordinator/core/service_standing.hpp"
#include "coordinator/core/situation.hpp"

namespace foretide::coordinator {

Opinion stable_for(const ServiceStanding& service, const Situation& situation);
Opinion panic_for(const ServiceStanding& service, const Situation& situation);
Opinion backlog_for(const Situation& situation);
Opinion wake_for(const ServiceStanding& service, const Situation& situation);
Opinion idle_for(const ServiceStanding& service, const Situation& situation);

// As the reports of the last seconds have it; how many were watched is for `observe`.
DemandNow demand_now(const ServiceRecord& service, Instant now);
// Nothing came for `scale.idle`, no queue has anything, and that is known.
bool is_idle(const ServiceStanding& service, const Situation& situation);
// What must have been watched before workers are removed.
Duration watched_for(const ScaleSettings& scale, bool is_idle);

}  // namespace foretide::coordinator
