// Which workers this node should run, which it runs, and what to do next about each.
//
// The roster is the agent's whole brain: a value that is told what happened (a set came, a process ended,
// a probe passed, time went by) and answers with the actions that the shell carries out. It starts what
// the set says, restarts what ended by itself (on the same port, after a back-off, so that a balancer
// without a coordinator finds it again), and stops only what an entry of the set says to stop: a worker
// that the set does not mention is kept and reported. An ended worker is forgotten once the set no longer
// has its entry; its port is free from then on, least recently used first.
//
// No clock, no process, no randomness in here: `now`, pids and the jitter come with the events.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "agent/core/worker_life.hpp"
#include "common/ids.hpp"
#include "common/stamp.hpp"
#include "common/time.hpp"
#include "common/wire/messages.hpp"

namespace foretide::agent {

// What happened. Every event is about one worker but SetArrived and Tick.
struct SetArrived { wire::DesiredSet set; };
struct Spawned { WorkerId id; std::int64_t pid; std::uint64_t start_ticks; };
struct SpawnFailed { WorkerId id; std::string reason; bool hopeless; };  // hopeless: command not found, …
struct ProbePassed { WorkerId id; };
struct ProbeFailed { WorkerId id; std::string reason; };  // for good: its time is over
struct Ended { WorkerId id; wire::Exit exit; std::vector<std::string> last_output; };
struct PortIsQuiet { WorkerId id; };   // no connection is established on it
struct PortTaken { WorkerId id; };     // the bind test failed: choose another before the start
struct Adopted { WorkerLife life; };   // found alive at agent start, identity fully matched
struct Tick { double jitter; };        // jitter in [0, 1), drawn anew for each tick
using RosterEvent = std::variant<SetArrived, Spawned, SpawnFailed, ProbePassed, ProbeFailed, Ended,
                                 PortIsQuiet, PortTaken, Adopted, Tick>;

// What the shell is to do. Spawn and Signal are answered by events; Report means that something changed
// that the coordinator should hear at once.
struct Spawn { WorkerId id; std::uint16_t port; WorkerSpec spec; };
struct Probe { WorkerId id; };          // until it passes, or its timeout fails it
struct StopProbe { WorkerId id; };
struct WatchQuiet { WorkerId id; };     // tell when no connection is established on its port
struct Signal { WorkerId id; int signal; };  // to the worker's process group
struct KillGroup { WorkerId id; };
struct Remember { WorkerId id; };       // write its record before anything else happens
struct Forget { WorkerId id; };         // remove its record
struct Report {};
using RosterAction = std::variant<Spawn, Probe, StopProbe, WatchQuiet, Signal, KillGroup, Remember,
                                  Forget, Report>;

struct PortRange { std::uint16_t first = 20000, last = 29999; };

class WorkerRoster {
 public:
  explicit WorkerRoster(PortRange ports);

  // Every action is carried out in the given order, before the next event.
  std::vector<RosterAction> apply(const RosterEvent& event, Instant now);

  // An older set than the one held changes nothing; this tells what is held.
  Stamp applied() const { return applied_; }
  wire::NodeReport report(Instant now) const;
  const std::map<WorkerId, WorkerLife>& workers() const { return workers_; }
  // For the record on disk: ports with when they were last given up, oldest first.
  const std::vector<std::uint16_t>& free_ports_oldest_first() const { return used_ports_; }

 private:
  Stamp applied_;
  std::map<WorkerId, WorkerLife> workers_;
  std::vector<WorkerId> missing_;
  PortRange ports_;
  std::vector<std::uint16_t> used_ports_;
};

}  // namespace foretide::agent
