// On which node a new worker goes.
//
// A node is eligible when it speaks to us, is not being drained, has not refused this release
// lately, and has room: the cores and the memory that its workers asked for plus what this one asks
// for fit what the host has, and the host's own sample shows that much memory available. Among
// those, one where the last start of this release did not fail, if there is one; then the one with
// the fewest workers of this service (a host that dies should take few of them along), then the one
// with the largest share of its cores free, by needs and by the sample, then by name, so that the
// same state gives the same answer.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>

#include "coordinator/core/state.hpp"

namespace foretide::coordinator {

struct NoPlace {
  std::string reason;       // of every node, in one sentence
  bool lacks_room = false;  // some node could be asked and is only too full
};

// What stands on a node already.
struct NodeLoad {
  double cpus = 0.0;
  std::uint64_t memory_bytes = 0;
  std::uint32_t workers = 0;
  std::uint64_t leaving_bytes = 0;  // resident in one that is about to go

  void add(const Needs& needs);
  void remove(const Needs& needs);
};
using NodeLoads = std::map<NodeId, NodeLoad>;

// Of all nodes at once: counted once, and kept up by whoever places several workers in a row.
NodeLoads loads_of(const State& state);

// No node runs more: a set must stay well within what one message carries.
inline constexpr std::uint32_t kNodeWorkersMax = 500;

std::variant<NodeId, NoPlace> placement_for(const State& state, const NodeLoads& loads,
                                            const ServiceRecord& service, Instant now);

// Whether some node can take one on which no start of the release failed lately.
bool can_start_elsewhere(const State& state, const NodeLoads& loads, const ServiceRecord& service,
                         Instant now);

// Whether a worker of the present release fits where this one stands, once this one is gone.
bool fits_in_place_of(const WorkerRecord& leaving, const State& state, const NodeLoads& loads,
                      const ServiceRecord& service, Instant now);

}  // namespace foretide::coordinator
