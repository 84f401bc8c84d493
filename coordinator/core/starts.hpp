// Making workers: where each goes, when none may be made, and what came of the starts.
//
// While a service's breaker is open (see spawn_breaker.hpp) no worker of its release is made but
// one trial at a time, and those whose start failed are taken from their nodes, which would
// otherwise start them again and again. Who is ready, or was and has ended, is left alone.
#pragma once

#include <optional>

#include "coordinator/core/census.hpp"
#include "coordinator/core/turn.hpp"

namespace foretide::coordinator {

// Makes one worker of the present release, or finds that none can be made now.
bool start(Turn& turn, ServiceRecord& service, const Census& census);

// Nothing stands in the way of a worker of it any more, as far as is known.
void found_place(ServiceRecord& service);

// A worker's report was taken in; `before` is the one that it replaced.
void watch_start(Turn& turn, ServiceRecord& service, const WorkerRecord& worker,
                 const std::optional<wire::WorkerReport>& before);

// Opens the breaker when it is time, and takes those from their nodes that failed to start; they
// leave the census too.
void hold_starts(Turn& turn, ServiceRecord& service, Census& census);

}  // namespace foretide::coordinator
