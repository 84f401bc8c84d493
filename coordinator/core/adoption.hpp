// How a worker enters the coordinator's account: made here, read from the store, or found running.
//
// A worker that is found running and that nobody here knows (the store was lost) is taken in: as
// serving when it runs its service's present release, else as draining, to be retired like any
// other. A found fleet is also the last word on how many workers there should be, until demand is
// known.
#pragma once

#include "coordinator/core/turn.hpp"

namespace foretide::coordinator {

// Adds the record and its index entries.
WorkerRecord& enter_worker(State& state, ServiceRecord& service, WorkerRecord worker);

// Takes it out again, everywhere. By value: the caller's may live in what is erased.
void forget_worker(State& state, ServiceRecord& service, WorkerId id);

// A service that a report or the store names; one that is in no cluster file is to be wound up.
ServiceRecord& service_named(State& state, const ServiceId& id);

// The record of a worker that `node` reports and that is not known.
WorkerRecord* adopt_worker(Turn& turn, const NodeId& node, const wire::WorkerReport& report);

}  // namespace foretide::coordinator
