// What `scale.signals` make of a service's number of workers.
//
// A load signal counts as the reactive rules do: 271 requests a second at 50 for each need 6, by
// the largest two seconds of the settings' window, and so does a queue outside (`queue_signal`).
// The largest opinion wins, so it can only add.
//
// A limit signal tells how workers fare, and as that follows from their number it is no demand:
// nothing of it enters the series or a forecast. Think of a waiter who says "we are swamped": it
// tells that somebody is missing, not how many. So while it is breached it asks for one worker more
// than are ready, and then waits for what that one brings: a lead time until it is there, and then
// until what was measured since is above the limit as well, or one bad half minute would ask for
// ten. And it vetoes shrinking while it is above nine tenths of its limit, or, where it is a mean
// of what all do together (cpu), while those that would stay had more than the limit each, at
// N/(N-1) of what they have now. What it was given stays for the settings' window at least: that
// all is well may be because of it. What a load signal was given stays likewise, but not what
// others added on top.
//
// What is not known neither adds nor keeps. Nor does any limit once nothing was asked of the
// service for `scale.idle` and no queue of it has anything: what its workers do then is not for its
// users.
#pragma once

#include <cstdint>
#include <vector>

#include "coordinator/core/decision.hpp"
#include "coordinator/core/reactive.hpp"
#include "coordinator/core/turn.hpp"

namespace foretide::coordinator {

// What is measured of each signal of the service; how many are ready and when it is, `at` knows.
std::vector<SignalSeen> signals_seen(const ServiceRecord& service, const Situation& at);

// Each signal's word.
void add_signals(const ServiceStanding& service, const Situation& situation,
                 std::vector<Opinion>& opinions);

// The vetoes, as floors below which those `from` workers must not fall.
void hold_for_signals(const ServiceStanding& service, const Situation& situation,
                      std::uint32_t from, std::vector<Opinion>& floors);

// Keeps in mind which signals this decision gave a worker.
void note_rises(ServiceStanding& service, const Situation& situation, const Decision& decision);

// Told once for each breach: there are as many workers as may be, and it lasts. What was told of
// signals that are gone is forgotten.
void tell_breaches(Turn& turn, ServiceRecord& service, const Situation& situation);

}  // namespace foretide::coordinator
