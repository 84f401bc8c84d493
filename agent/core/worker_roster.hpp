// Which workers this node should run, which it runs, and what to do next about each.
//
// The roster is the agent's whole brain: a value that is told what happened (a set came, a process
// ended, a probe passed, time went by) and answers with the actions that the shell carries out. It
// starts what the set says, restarts what ended by itself (on the same port, after a back-off, so
// that a balancer without a coordinator finds it again), and stops only what an entry of the set
// says to stop: a worker that the set does not mention is kept and reported. An ended worker is
// forgotten once the set no longer has its entry; its port is free from then on, least recently
// used first.
//
// No clock, no process, no randomness in here: `now`, pids and the jitter come with the events.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "agent/core/port_pool.hpp"
#include "agent/core/roster_action.hpp"
#include "agent/core/worker_life.hpp"
#include "common/ids.hpp"
#include "common/stamp.hpp"
#include "common/time.hpp"
#include "common/wire/messages.hpp"

namespace foretide::agent {

// What happened. Every event is about one worker but SetArrived and Tick.
struct SetArrived {
  wire::DesiredSet set;
};
struct Spawned {
  WorkerId id;
  std::int64_t pid;
  std::uint64_t start_ticks;
};
struct SpawnFailed {
  WorkerId id;
  std::string reason;
  bool hopeless;
};  // hopeless: command not found, …
struct ProbePassed {
  WorkerId id;
};
struct ProbeFailed {
  WorkerId id;
  std::string reason;
};  // for good: its time is over
struct Ended {
  WorkerId id;
  wire::Exit exit;
  std::vector<std::string> last_output;
};
struct PortIsQuiet {
  WorkerId id;
};  // no connection is established on it
struct PortTaken {
  WorkerId id;
};  // the bind test failed: choose another before the start
struct Adopted {
  WorkerLife life;
};  // found alive at agent start, identity fully matched
struct Tick {
  double jitter;
};  // jitter in [0, 1), drawn anew for each tick
using RosterEvent = std::variant<SetArrived, Spawned, SpawnFailed, ProbePassed, ProbeFailed, Ended,
                                 PortIsQuiet, PortTaken, Adopted, Tick>;

class WorkerRoster {
 public:
  // `given_up_ports` is what a former life of the agent remembered, oldest first.
  explicit WorkerRoster(PortRange ports, const std::vector<std::uint16_t>& given_up_ports = {});

  // Every action is carried out in the given order, before the next event.
  Actions apply(const RosterEvent& event, Instant now);

  // The stamp of the newest set that came; an older one changes nothing.
  Stamp applied() const { return applied_; }
  // The node's address, which workers started from now on are told; the others keep what they were
  // told.
  void reside_at(std::string host) { host_ = std::move(host); }
  // From now on nothing is started again by itself, until a set comes or it is allowed. What came
  // from a former boot of the host waits so for its coordinator's word.
  void hold_starts() { starts_are_held_ = true; }
  void allow_starts() { starts_are_held_ = false; }
  // The output of failed workers is in it as far as a message holds it.
  wire::NodeReport report(Instant now) const;
  const std::map<WorkerId, WorkerLife>& workers() const { return workers_; }
  // When a Tick has something to do, if nothing else happens before; nothing: no need to call.
  std::optional<Instant> next_due() const;
  // For the record on disk: ports in the order in which they were given up.
  const std::vector<std::uint16_t>& free_ports_oldest_first() const {
    return ports_.given_up_oldest_first();
  }

 private:
  Actions on(const SetArrived& event, Instant now);
  Actions on(const Adopted& event, Instant now);
  Actions on(const Tick& event, Instant now);
  template <class OneWorkers>
  Actions on(const OneWorkers& event, Instant now);

  Actions obey(const wire::DesiredWorker& wanted, const wire::DesiredSet& set, Instant now);
  Actions begin(const wire::DesiredWorker& wanted, const wire::DesiredSet& set, Instant now);
  Actions launch(WorkerLife& life, Instant now);
  Actions choose_again(WorkerLife& life, Instant now);
  Actions forget_what_is_over(Instant now);
  bool is_missing(const WorkerId& id) const;

  std::string host_;
  Stamp applied_;
  std::map<WorkerId, WorkerLife> workers_;
  std::set<WorkerId> mentioned_;  // by the newest set
  PortPool ports_;
  bool starts_are_held_ = false;
};

}  // namespace foretide::agent
