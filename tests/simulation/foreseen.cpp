#include "tests/simulation/foreseen.hpp"

namespace foretide::simulation {
namespace {

using Predict = ScaleSettings::Predict;

Predict mode_of(const std::string& name) {
  if (name == "auto") return Predict::kAuto;
  return name == "shadow" ? Predict::kShadow : Predict::kOff;
}

void make_rarer(FaultPlan& plan) {
  constexpr double kTimes = 4.0;
  for (double* mean :
       {&plan.cut, &plan.freeze, &plan.agent_crash, &plan.power_loss, &plan.balancer_crash,
        &plan.coordinator_crash, &plan.worker_crash, &plan.reload, &plan.manual}) {
    *mean *= kTimes;
  }
}

// Half of the last worker's worth of load, so that no rounding asks for another; or nothing at all.
double steady_rate(Random& random, const ServiceSettings& service, double service_seconds) {
  if (random.chance(0.1)) return 0.0;
  const int full = random.between_counts(0, static_cast<int>(service.scale.max) - 1);
  return (full + 0.5) * *service.capacity_soft / service_seconds;
}

}  // namespace

void foresee(Scenario& scenario) {
  Random random(scenario.options.seed * 0x9e3779b97f4a7c15U + 23);
  constexpr double kShortages[] = {0.002, 0.01, 0.05};
  for (std::size_t i = 0; i < scenario.services.size(); ++i) {
    ServiceSettings& service = scenario.cluster.services[i];
    ServicePlan& plan = scenario.services[i];
    service.scale.predict = mode_of(scenario.options.predict);
    service.scale.shortage = kShortages[random.below(std::size(kShortages))];
    plan.demand.shape = static_cast<DemandShape>(random.below(kDemandShapes));
    plan.demand.steady = steady_rate(random, service, plan.service_seconds);
    plan.even = true;
    if (!random.chance(0.4)) continue;
    plan.nature.start_min = random.between(3.0, 10.0);
    plan.nature.start_max = plan.nature.start_min + random.between(0.0, 20.0);
    service.worker.start.timeout = std::chrono::seconds(60);
  }
  scenario.keeps_history = true;
  scenario.faults_end = scenario.end * 3 / 5;
  const bool rough = scenario.weather.straying_max != Weather{}.straying_max;
  make_rarer(scenario.faults);
  if (rough && random.chance(0.5)) scenario.faults.blackout = random.between(100.0, 400.0);
}

}  // namespace foretide::simulation
