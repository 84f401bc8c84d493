#include "deploy/cli/simulation.hpp"

#include <algorithm>
#include <cmath>

#include "coordinator/core/predict/demand_predictor.hpp"
#include "deploy/cli/simulated_service.hpp"

namespace foretide::cli {
namespace {

using coordinator::DemandPredictor;
using coordinator::ShadowRun;

// Sums of measured numbers must not need a worker by their rounding errors.
constexpr double kRounding = 1e-9;

// The plant that one row of decisions runs, and the bill.
class BilledRun {
 public:
  BilledRun(double aim, std::int64_t lead_steps, std::uint32_t workers)
      : plant_(lead_steps, workers) {
    run_.aim = aim;
  }

  void judge(double demand_workers) {
    unserved_ += plant_.unserved(demand_workers);
    wanted_ += demand_workers;
    paid_ += plant_.workers();
    needed_ += std::max(1.0, std::ceil(demand_workers - kRounding));
    ++judged_;
  }

  std::uint32_t ready() const { return plant_.ready(); }

  void decide(SimulatedStep step) {
    step.ready = plant_.ready();
    if (judged_ > 0 && step.desired > plant_.workers()) {
      run_.started += step.desired - plant_.workers();
    }
    plant_.decide(step.desired);
    run_.steps.push_back(std::move(step));
  }

  SimulatedRun finish() {
    run_.unserved = wanted_ > 0.0 ? unserved_ / wanted_ : 0.0;
    run_.cost = needed_ > 0.0 ? paid_ / needed_ : 0.0;
    run_.workers_mean = judged_ > 0 ? paid_ / static_cast<double>(judged_) : 0.0;
    return std::move(run_);
  }

 private:
  ShadowRun plant_;
  SimulatedRun run_;
  double unserved_ = 0.0, wanted_ = 0.0, paid_ = 0.0, needed_ = 0.0;
  std::size_t judged_ = 0;
};

struct Follower {
  SimulatedService service;
  BilledRun run;
};

coordinator::PredictorShape predictor_shape(const DemandTrace& trace,
                                            const SimulationSettings& settings,
                                            std::int64_t lead_steps) {
  const double window = seconds_in(ScaleSettings{}.window);
  return {.step_seconds = static_cast<double>(trace.step_seconds),
          .lead_steps = lead_steps,
          .workers_min = settings.workers_min,
          .workers_max = settings.workers_max,
          .window_steps = static_cast<std::int64_t>(
              std::ceil(window / static_cast<double>(trace.step_seconds)))};
}

std::vector<std::optional<double>> workers_needed(const DemandTrace& trace, double capacity_rps) {
  auto demand = trace.requests;
  for (auto& step : demand) {
    if (step) *step /= static_cast<double>(trace.step_seconds) * capacity_rps;
  }
  return demand;
}

PeerTrace peer_trace(const DemandTrace& trace, const SimulationSettings& settings) {
  return {.demand_workers = workers_needed(trace, settings.capacity_rps),
          .step_seconds = static_cast<double>(trace.step_seconds),
          .lead_steps = lead_steps_for(settings.start_seconds, trace.step_seconds),
          .workers_min = settings.workers_min,
          .workers_max = settings.workers_max};
}

SimulatedRun run_peer(const PeerTrace& peer, std::size_t from, PeerAlgorithm algorithm,
                      double target) {
  const auto asked = algorithm(peer, target);
  BilledRun run(target, peer.lead_steps, peer.workers_min);
  for (std::size_t step = 0; step < asked.size(); ++step) {
    const auto& demand = peer.demand_workers[step];
    if (demand && step >= from) run.judge(*demand);
    run.decide({.desired = asked[step]});
  }
  return run.finish();
}

}  // namespace

std::size_t judged_from(const DemandTrace& trace) {
  return trace.requests.size() / 5;
}

std::int64_t lead_steps_for(double start_seconds, std::int64_t step_seconds) {
  constexpr double kStepsMost = 1e12;
  // One that needs 89 s is not there after a step of 60.
  const double steps = std::ceil(start_seconds / static_cast<double>(step_seconds));
  return static_cast<std::int64_t>(std::clamp(steps, 1.0, kStepsMost));
}

std::vector<SimulatedRun> simulate(const DemandTrace& trace, const SimulationSettings& settings,
                                   const std::vector<double>& shortages) {
  const std::int64_t lead = lead_steps_for(settings.start_seconds, trace.step_seconds);
  const auto demand = workers_needed(trace, settings.capacity_rps);
  DemandPredictor predictor(predictor_shape(trace, settings, lead));
  std::vector<Follower> followers;
  for (const double shortage : shortages) {
    followers.push_back({SimulatedService(trace.step_seconds, settings, shortage),
                         {shortage, lead, settings.workers_min}});
  }
  for (std::size_t step = 0; step < demand.size(); ++step) {
    if (settings.predict != ScaleSettings::Predict::kOff) predictor.add(demand[step]);
    for (Follower& follower : followers) {
      if (demand[step] && step >= judged_from(trace)) follower.run.judge(*demand[step]);
      follower.run.decide(follower.service.decide(demand[step], predictor, follower.run.ready()));
    }
  }
  std::vector<SimulatedRun> runs;
  for (Follower& follower : followers) runs.push_back(follower.run.finish());
  return runs;
}

SimulatedRun simulate_peer(const DemandTrace& trace, const SimulationSettings& settings,
                           PeerAlgorithm peer, double target) {
  return run_peer(peer_trace(trace, settings), judged_from(trace), peer, target);
}

}  // namespace foretide::cli
