#include "deploy/cli/simulation.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "coordinator/core/predict/demand_predictor.hpp"

namespace foretide::cli {
namespace {

using coordinator::DemandPredictor;
using coordinator::kPolicies;
using coordinator::Policy;
using coordinator::PolicyMix;
using coordinator::ShadowRun;
using coordinator::ShortageAim;

// Sums of measured numbers must not need a worker by their rounding errors.
constexpr double kRounding = 1e-9;

// The expected demand at the end of the lead time, by each policy.
std::array<double, kPolicies> means_of(const coordinator::NeedPolicies& policies) {
  std::array<double, kPolicies> means{};
  const std::size_t last = policies.distances().size() - 1;
  for (std::size_t policy = 0; policy < kPolicies; ++policy) {
    means[policy] = policies.curve(static_cast<Policy>(policy), last).mean();
  }
  return means;
}

// One run through the trace, at one aim.
class Follower {
 public:
  Follower(double shortage, std::int64_t lead_steps, std::uint32_t workers)
      : aim_(shortage), plant_(lead_steps, workers) {
    run_.shortage = shortage;
  }

  void judge(double demand_workers) {
    unserved_ += plant_.unserved(demand_workers);
    wanted_ += demand_workers;
    paid_ += plant_.workers();
    needed_ += std::max(1.0, std::ceil(demand_workers - kRounding));
    ++judged_;
  }

  void decide(const DemandPredictor& predictor, const std::array<double, kPolicies>& means,
              double capacity_rps) {
    aim_.adjust(predictor.shares());
    const std::size_t level = aim_.level();
    const PolicyMix::Weights& weights = predictor.mix().weights(level);
    SimulatedStep step{.desired = predictor.mix().workers(level), .ready = plant_.ready()};
    for (std::size_t policy = 0; policy < kPolicies; ++policy) {
      step.forecast_rps += capacity_rps * weights[policy] * means[policy];
    }
    step.price = coordinator::price_at(level);
    step.policy =
        static_cast<Policy>(std::max_element(weights.begin(), weights.end()) - weights.begin());
    if (step.desired > plant_.workers()) run_.started += step.desired - plant_.workers();
    plant_.decide(step.desired);
    run_.steps.push_back(step);
  }

  SimulatedRun finish() {
    run_.unserved = wanted_ > 0.0 ? unserved_ / wanted_ : 0.0;
    run_.cost = needed_ > 0.0 ? paid_ / needed_ : 0.0;
    run_.workers_mean = judged_ > 0 ? paid_ / static_cast<double>(judged_) : 0.0;
    return std::move(run_);
  }

 private:
  ShortageAim aim_;
  ShadowRun plant_;
  SimulatedRun run_;
  double unserved_ = 0.0, wanted_ = 0.0, paid_ = 0.0, needed_ = 0.0;
  std::size_t judged_ = 0;
};

}  // namespace

std::int64_t lead_steps_for(double start_seconds, std::int64_t step_seconds) {
  return std::max<std::int64_t>(1, std::llround(start_seconds / static_cast<double>(step_seconds)));
}

std::vector<SimulatedRun> simulate(const DemandTrace& trace, const SimulationSettings& settings,
                                   const std::vector<double>& shortages) {
  const std::int64_t lead = lead_steps_for(settings.start_seconds, trace.step_seconds);
  const auto step_seconds = static_cast<double>(trace.step_seconds);
  DemandPredictor predictor(
      {.step_seconds = step_seconds, .lead_steps = lead, .workers_max = settings.workers_max},
      settings.workers_min);
  std::vector<Follower> followers;
  for (const double shortage : shortages) {
    followers.emplace_back(shortage, lead, settings.workers_min);
  }
  const std::size_t judged_from = trace.requests.size() / 5;
  for (std::size_t step = 0; step < trace.requests.size(); ++step) {
    std::optional<double> demand_workers = trace.requests[step];
    if (demand_workers) *demand_workers /= step_seconds * settings.capacity_rps;
    predictor.add(demand_workers);
    const auto means = means_of(predictor.policies());
    for (Follower& follower : followers) {
      if (demand_workers && step >= judged_from) follower.judge(*demand_workers);
      follower.decide(predictor, means, settings.capacity_rps);
    }
  }
  std::vector<SimulatedRun> runs;
  for (Follower& follower : followers) runs.push_back(follower.finish());
  return runs;
}

}  // namespace foretide::cli
