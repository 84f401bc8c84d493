#include "coordinator/core/predict/prediction_worth.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace foretide::coordinator {
namespace {

constexpr double kRememberedBefore = 30.0;  // steps
constexpr double kHalfLifeSeconds = 86400.0, kHalfLifeStepsMax = 3600.0, kHalfLifeStepsMin = 24.0;
// Sums of measured numbers must not need a worker by their rounding errors.
constexpr double kRounding = 1e-6;

}  // namespace

PredictionWorth::PredictionWorth(const PredictorShape& shape)
    : workers_min_(shape.workers_min),
      workers_max_(shape.workers_max),
      window_steps_(std::max<std::int64_t>(1, shape.window_steps)),
      learned_after_(kLearnedAfter + kLeadsToLearn * shape.lead_steps),
      remembered_steps_most_(
          std::clamp(kHalfLifeSeconds / shape.step_seconds, kHalfLifeStepsMin, kHalfLifeStepsMax) /
          std::numbers::ln2),
      reactive_(shape.lead_steps, shape.workers_min) {}

void PredictionWorth::add(std::optional<double> demand_workers, const PolicyMix& mix) {
  if (!demand_workers) return;
  ++seen_;
  if (has_learned()) bill(*demand_workers, mix);
  move_reactive(*demand_workers);
}

void PredictionWorth::bill(double demand_workers, const PolicyMix& mix) {
  const auto billed = static_cast<double>(seen_ - learned_after_);
  const double kept =
      1.0 - 1.0 / std::min(remembered_steps_most_, kRememberedBefore + billed / 4.0);
  weight_ = weight_ * kept + 1.0;
  demand_ = demand_ * kept + demand_workers;
  const auto add = [kept](Sums& sums, double paid, double unserved) {
    sums = {sums.paid * kept + paid, sums.unserved * kept + unserved};
  };
  for (std::size_t level = 0; level < kPrices; ++level) {
    add(sums_[level], mix.paid(level), mix.unserved(level));
  }
  add(reactive_sums_, reactive_.workers(), reactive_.unserved(demand_workers));
}

void PredictionWorth::move_reactive(double demand_workers) {
  window_.push_back(demand_workers);
  if (static_cast<std::int64_t>(window_.size()) > window_steps_) window_.pop_front();
  const double largest = *std::max_element(window_.begin(), window_.end());
  const double needed = std::ceil(std::min<double>(largest, workers_max_) - kRounding);
  reactive_.decide(std::clamp(static_cast<std::uint32_t>(std::max(0.0, needed)), workers_min_,
                              std::max(workers_min_, workers_max_)));
}

}  // namespace foretide::coordinator
