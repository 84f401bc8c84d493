// Puts the rules' opinions together: the largest wins, a manual count goes before all of them,
// limits hold it back, and the outcome is a record with everybody's word in it. A record is kept
// when the number changes, and when a limit begins to hold a number back that would have changed;
// never each tick.
#pragma once

#include "coordinator/core/census.hpp"
#include "coordinator/core/decision.hpp"
#include "coordinator/core/reactive.hpp"
#include "coordinator/core/turn.hpp"

namespace foretide::coordinator {

// Every rule's word; those that are switched off say 0 and why.
std::vector<Opinion> opinions_for(const ServiceStanding& service, const Situation& situation);

Decision decision_for(const ServiceStanding& service, const Situation& situation);

// Makes its number the desired one. (What signals it gave workers to, `note_rises` keeps.)
void take_effect(ServiceStanding& service, const Decision& decision, Instant now);

// Looks at one service, whose prediction was moved on, and lets the decision take effect.
void decide(Turn& turn, ServiceRecord& service, const Census& census);

// Lets the decision take effect, keeps it and passes it on.
void record_decision(Turn& turn, ServiceRecord& service, Decision decision);

// For what concerns the number but does not change it: the record has every rule's word and this.
void record_event(Turn& turn, ServiceRecord& service, const Census& census, Opinion word);

// POST /scale: looks so far ahead, and keeps what that needs as a floor until then.
void ask_ahead(Turn& turn, ServiceRecord& service, Duration ahead);

}  // namespace foretide::coordinator
