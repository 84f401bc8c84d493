// What a seed stands for: the cluster, the machines, the demand, the weather, and how much goes
// wrong.
//
// Seeds differ widely on purpose: a calm one shows that the fleet does its work, a rough one that
// nothing is lost. Every third is without balancer crashes, and so on: a fault that is always there
// hides others.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/core/worker_roster.hpp"
#include "common/settings/cluster.hpp"
#include "tests/simulation/demand_curve.hpp"
#include "tests/simulation/network.hpp"
#include "tests/simulation/sim_host.hpp"

namespace foretide::simulation {

struct Options {
  std::uint64_t seed = 1;
  double minutes = 10.0;
  std::optional<int> nodes;
  std::string broken;  // empty, fencing, drain-ack, absence
  // off, shadow or auto: the scenario is one to predict in (see foreseen.hpp); empty: it is not,
  // and prediction is off.
  std::string predict;
};

struct ServicePlan {
  Nature nature;
  DemandPlan demand;
  double service_seconds = 1.0;
  // Service times differ by a fifth at most, and not at all once demand is steady; it is a
  // clockwork then. Else they are exponential and requests come by chance always.
  bool even = false;
};

// Mean seconds between faults of a kind, over the whole cluster; 0: never.
struct FaultPlan {
  double cut = 0.0, freeze = 0.0, agent_crash = 0.0, power_loss = 0.0, balancer_crash = 0.0,
         coordinator_crash = 0.0, worker_crash = 0.0, reload = 0.0, manual = 0.0;
  double blackout = 0.0;    // nobody's traffic is reported
  double store_loss = 0.0;  // share of the coordinator's crashes
  double long_ones = 0.2;   // share of cuts and freezes that last longer than every patience
};

struct Scenario {
  Options options;
  int nodes = 2, balancers = 1;
  ClusterSettings cluster;
  std::vector<ServicePlan> services;  // in the order of the cluster's
  agent::PortRange ports;
  Weather weather;
  FaultPlan faults;
  double codec_share = 0.05;
  bool keeps_history = false;
  Duration faults_end{}, end{};
};

Scenario scenario_for(const Options& options);
// The same service with another command: a new release.
void change_command(ServiceSettings& service);

}  // namespace foretide::simulation
