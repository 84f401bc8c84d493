// Something that a person may want to know, told once when it happens: "worker web-3-1 on node-a
// ended with status 1". The last few are kept for the status page; all go to the store and the
// event stream. Kinds are few and stable, for filters: node, worker, placement, rollout, balancer,
// cluster, identity, breaker, pause, signal.
#pragma once

#include <string>
#include <vector>

#include "common/ids.hpp"
#include "common/time.hpp"

namespace foretide::coordinator {

struct Notice {
  WallTime at;
  std::string kind;
  ServiceId service;
  NodeId node;
  WorkerId worker;
  std::string text;
  std::vector<std::string> output;  // the last lines of a worker that failed
};

}  // namespace foretide::coordinator
