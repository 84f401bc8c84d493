// On which node a new worker goes.
//
// A node is eligible when it speaks to us, has not refused this release lately, and has room: the
// cores and the memory that its workers asked for plus what this one asks for fit what the host
// has, and the host's own sample shows that much memory available. Among those, the one with the
// fewest workers of this service (a host that dies should take few of them along), then the one
// with the largest share of its cores free, by needs and by the sample, then by name, so that the
// same state gives the same answer.
#pragma once

#include <string>
#include <variant>

#include "coordinator/core/state.hpp"

namespace foretide::coordinator {

struct NoPlace {
  std::string reason;  // of every node, in one sentence
};

std::variant<NodeId, NoPlace> placement_for(const State& state, const ServiceRecord& service,
                                            Instant now);

}  // namespace foretide::coordinator
