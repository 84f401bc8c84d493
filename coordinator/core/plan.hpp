// From a number to workers: which to start, which to drain, which drain to call off.
//
// What counts is the service's serving workers on nodes that are not lost, failing ones included: a
// worker that crashes keeps its place and its back-off, and nobody starts another in a hurry. Too
// few: drains are called off first, then workers are started. Too many: the victims are those that
// serve nothing yet or any more, then the ones with the least in flight, then on the fullest node.
// A start that is overdue does not count (see overdue.hpp), and where starts fail few are made (see
// starts.hpp).
//
// A changed release rolls: one worker above the desired number is started with the new release, and
// an old one drains once enough others are ready. Where the extra one fits nowhere, one old worker
// whose going makes the room drains first and its requests are held; where none makes it, the old
// ones stay. A release that does not come up stops the roll there. Workers on a node that is being
// drained are replaced the same way, and stay while no other node has room.
#pragma once

#include <string>

#include "coordinator/core/census.hpp"
#include "coordinator/core/turn.hpp"

namespace foretide::coordinator {

void plan(Turn& turn, ServiceRecord& service, Census census);

// Takes the worker out of the routes; retirement does the rest.
void drain(Turn& turn, WorkerRecord& worker, const std::string& reason);

}  // namespace foretide::coordinator
