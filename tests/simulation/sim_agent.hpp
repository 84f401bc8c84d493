// The agent around the real `WorkerRoster`: its session, its records on the disk, and the carrying
// out of what the roster wants on a simulated host.
//
// It may die at any moment between two events; what it remembered is on the disk, what it started
// lives on, and the next life adopts what it finds by its records, telling the roster of what it
// finds dead.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/core/worker_roster.hpp"
#include "tests/simulation/connections.hpp"
#include "tests/simulation/safety.hpp"
#include "tests/simulation/sim_host.hpp"
#include "tests/simulation/uplink.hpp"

namespace foretide::simulation {

class SimAgent {
 public:
  SimAgent(Ground& ground, SimHost& host, const Connections& connections, Safety& safety,
           agent::PortRange ports, Duration clock_offset);
  void join(Peer coordinator) {
    uplink_.join(ground_.network.join(program_, [this](const Arrived& a) { receive(a); }),
                 coordinator);
  }

  void start();
  void crash();
  Program& program() { return program_; }
  Peer peer() const { return uplink_.self(); }
  SimHost& host() { return host_; }
  // Nothing while the agent is down.
  const agent::WorkerRoster* roster() const { return roster_ ? &*roster_ : nullptr; }
  // The newest set that it really has.
  Stamp applied() const { return applied_; }

 private:
  void receive(const Arrived& arrived);
  void obey(wire::DesiredSet set);
  void leave_one_out(wire::DesiredSet& set);
  void feed(const agent::RosterEvent& event);
  void introduce();
  void report();
  void sample();
  void adopt();

  void carry_out(const agent::Spawn& action);
  void carry_out(const agent::Probe& action);
  void carry_out(const agent::StopProbe&) {}  // each probe looks whether it is still wanted
  void carry_out(const agent::WatchQuiet& action);
  void carry_out(const agent::Signal& action);
  void carry_out(const agent::KillGroup& action);
  void carry_out(const agent::Remember& action);
  void carry_out(const agent::Forget& action);
  void carry_out(const agent::Report&) { report(); }
  void start_process(const WorkerId& id, std::uint16_t port);
  void probe(const WorkerId& id, std::int64_t pid, Instant until);
  void watch_quiet(const WorkerId& id);
  void on_end(const Process& process, const wire::Exit& exit);
  const agent::WorkerLife* life_of(const WorkerId& id) const;

  Ground& ground_;
  SimHost& host_;
  const Connections& connections_;
  Safety& safety_;
  agent::PortRange ports_;
  Random random_, omissions_;
  Program program_;
  Uplink uplink_;

  std::optional<agent::WorkerRoster> roster_;
  Stamp applied_;

  // On the disk.
  std::map<WorkerId, agent::WorkerLife> records_;
  std::vector<std::uint16_t> given_up_ports_;
  std::uint64_t highest_epoch_ = 0;
};

}  // namespace foretide::simulation
