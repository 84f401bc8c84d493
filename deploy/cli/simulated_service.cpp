#include "deploy/cli/simulated_service.hpp"

#include <algorithm>

#include "coordinator/core/decide.hpp"

namespace foretide::cli {

using coordinator::Decision;
using coordinator::DemandNow;
using coordinator::Situation;

SimulatedService::SimulatedService(std::int64_t step_seconds, const SimulationSettings& settings,
                                   double shortage)
    : step_(std::chrono::seconds(step_seconds)),
      capacity_rps_(settings.capacity_rps),
      lookout_(shortage) {
  ServiceSettings service{.id = {"simulated"}};
  service.capacity_soft = settings.capacity_rps;
  service.scale.min = settings.workers_min;
  service.scale.max = settings.workers_max;
  service.scale.shortage = shortage;
  service.scale.predict = settings.predict;
  service_.id = service.id;
  service_.settings = std::move(service);
  start_time_ = std::chrono::nanoseconds(static_cast<std::int64_t>(settings.start_seconds * 1e9));
  service_.desired = settings.workers_min;
}

Situation SimulatedService::situation(std::uint32_t ready) const {
  const Duration window = service_.settings->scale.window;
  DemandNow demand{.load = 0.0, .latest = recent_.front(), .largest = {}};
  Duration left = window;
  for (const auto& step : recent_) {
    if (step) {
      demand.largest = std::max(demand.largest.value_or(0.0), *step);
      demand.known_seconds += seconds_in(std::min(left, step_));
    }
    left -= std::min(left, step_);
  }
  // The mean of a long step says nothing of its last seconds.
  if (step_ <= window) demand.load = demand.latest.value_or(0.0);
  const std::uint32_t desired = *service_.desired;
  return {.now = now_,
          .age = now_.time_since_epoch(),
          .ready = ready,
          .starting = desired > ready ? desired - ready : 0,
          .balancers_known = true,
          .silence = {},
          .demand = demand,
          .last_request = last_request_,
          .service_seconds = {},
          .start_time = start_time_,
          .capacity = capacity_rps_,
          .starts_stopped = {},
          .signals = {},
          .manual = {},
          .paused = {},
          .asked = {},
          .foresight = foresight_};
}

SimulatedStep SimulatedService::decide(std::optional<double> demand_workers,
                                       const coordinator::DemandPredictor& predictor,
                                       std::uint32_t ready) {
  now_ += step_;
  recent_.push_front(demand_workers ? std::optional(*demand_workers * capacity_rps_)
                                    : std::nullopt);
  while (recent_.size() > 1 &&
         step_ * static_cast<std::int64_t>(recent_.size() - 1) >= service_.settings->scale.window) {
    recent_.pop_back();
  }
  if (demand_workers.value_or(0.0) > 0.0) last_request_ = now_;
  SimulatedStep step;
  if (service_.settings->scale.predict != ScaleSettings::Predict::kOff) {
    lookout_.adjust(predictor);
    foresight_ = lookout_.foresight(predictor);
    foresight_->capacity = capacity_rps_;
    step.forecast_rps = foresight_->load();
  }
  const Decision decision = coordinator::decision_for(service_, situation(ready));
  coordinator::take_effect(service_, decision, now_);
  step.desired = decision.to;
  step.reason = decision.rule + ": " + decision.reason;
  return step;
}

}  // namespace foretide::cli
