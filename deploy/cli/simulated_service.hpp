// A service as the coordinator's core knows one, played along a recorded demand: each step its own
// rules, limits and settings decide (coordinator/core/decide), as they do in a running cluster.
//
// Load is told in requests a second, and a worker's capacity too, so that reasons speak in the unit
// of the trace. A step's demand is known when it is over, as its
// mean; nothing is held, no report is lost, and no worker fails. Rules that look at the last
// seconds (panic, survivors) see that mean where a step is no longer than `down.window`, else
// nothing.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "coordinator/core/predict/lookout.hpp"
#include "coordinator/core/reactive.hpp"
#include "deploy/cli/simulation.hpp"

namespace foretide::cli {

class SimulatedService {
 public:
  SimulatedService(std::int64_t step_seconds, const SimulationSettings& settings, double shortage);

  // After each step, which the predictor has taken in; `ready` is how many workers it had.
  SimulatedStep decide(std::optional<double> demand_workers,
                       const coordinator::DemandPredictor& predictor, std::uint32_t ready);

 private:
  coordinator::Situation situation(std::uint32_t ready) const;

  Duration step_;
  double capacity_rps_;
  coordinator::ServiceStanding service_;
  coordinator::Lookout lookout_;
  Duration start_time_{};
  std::optional<Instant> last_request_;
  std::optional<coordinator::Foresight> foresight_;
  Instant now_{};
  std::deque<std::optional<double>> recent_;  // as many as the window, newest first
};

}  // namespace foretide::cli
