// What the coordinator, or another autoscaler, would have asked for along a recorded demand, and
// what that would have cost; for several shortages at once, since demand is the same whatever is
// decided and one pass over it serves them all. Ours are the coordinator's own decisions
// (simulated_service.hpp), its rules and limits with the settings' defaults.
//
// The plant is the one of shadow_run.hpp: no queue, workers that are ready a start time after they
// were asked for, one decision a step. Each decision depends on the rows up to its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/settings/cluster.hpp"
#include "deploy/cli/demand_trace.hpp"
#include "deploy/cli/peers.hpp"

namespace foretide::cli {

struct SimulationSettings {
  double capacity_rps = 0.0;    // requests a second of one worker
  double start_seconds = -1.0;  // not given
  std::uint32_t workers_min = 1, workers_max = 400;
  ScaleSettings::Predict predict = ScaleSettings::Predict::kAuto;
};

struct SimulatedStep {
  std::uint32_t desired = 0;  // from the next step on
  std::uint32_t ready = 0;    // in this one
  // Ours only: what was expected when a worker asked for now would begin to serve, and why.
  std::optional<double> forecast_rps;
  std::string reason;
};

struct SimulatedRun {
  double aim = 0.0;  // the shortage, or another's target
  std::vector<SimulatedStep> steps;
  // Over the steps after the first fifth, in which nothing was learned yet.
  double unserved = 0.0;      // share of demand
  double cost = 0.0;          // workers paid for over workers needed
  double workers_mean = 0.0;  // paid for
  std::uint64_t started = 0;

  // By more than a hundredth of the goal.
  bool misses(double shortage) const { return unserved > 1.01 * shortage; }
};

// How many steps pass before a worker asked for after one serves.
std::int64_t lead_steps_for(double start_seconds, std::int64_t step_seconds);

// The step from which on figures are of it: the first fifth is for learning.
std::size_t judged_from(const DemandTrace& trace);

std::vector<SimulatedRun> simulate(const DemandTrace& trace, const SimulationSettings& settings,
                                   const std::vector<double>& shortages);

SimulatedRun simulate_peer(const DemandTrace& trace, const SimulationSettings& settings,
                           PeerAlgorithm peer, double target);

}  // namespace foretide::cli
