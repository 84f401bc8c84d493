// What the roster wants done, in the order given. The shell carries each out before it tells the
// roster of the next event; Spawn, Probe, WatchQuiet, Signal and KillGroup are answered by events.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "common/ids.hpp"
#include "common/worker_spec.hpp"

namespace foretide::agent {

// Report means that something changed that the coordinator should hear at once.
struct Spawn {
  WorkerId id;
  std::uint16_t port;
  WorkerSpec spec;
};
struct Probe {
  WorkerId id;
};  // until it passes, or its timeout fails it
struct StopProbe {
  WorkerId id;
};
struct WatchQuiet {
  WorkerId id;
};  // tell when no connection is established on its port
struct Signal {
  WorkerId id;
  int signal;
};  // to the worker's process group
struct KillGroup {
  WorkerId id;
};  // SIGKILL to whatever is left of it, also after its end
struct Remember {
  WorkerId id;
};  // write its record before anything else happens
struct Forget {
  WorkerId id;
};  // remove its record
struct Report {};
using RosterAction =
    std::variant<Spawn, Probe, StopProbe, WatchQuiet, Signal, KillGroup, Remember, Forget, Report>;
using Actions = std::vector<RosterAction>;

}  // namespace foretide::agent
