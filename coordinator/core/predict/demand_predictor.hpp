// Everything that foresees the demand of one service: fed one step at a time, it says at any price
// or aim how many workers to ask for now. need_policies.hpp tells what it looks at, policy_mix.hpp
// whom it believes, shortage_aim.hpp how careful it is, prediction_worth.hpp
// whether it pays.
//
// The same steps give the same answers in the same build. About 2 MB; half a millisecond a step.
// After a gap of more than 4,000 steps it knows nothing any more.
#pragma once

#include <optional>

#include "coordinator/core/predict/need_policies.hpp"
#include "coordinator/core/predict/policy_mix.hpp"
#include "coordinator/core/predict/prediction_worth.hpp"
#include "coordinator/core/predict/shortage_aim.hpp"

namespace foretide::coordinator {

class DemandPredictor {
 public:
  explicit DemandPredictor(const PredictorShape& shape)
      : policies_(shape), mix_(shape), worth_(shape) {}

  // What was before the first step, oldest first; costs nearly nothing.
  void remember(std::optional<double> demand_workers) {
    policies_.remember(credible(demand_workers));
  }
  void remember_minute(std::optional<double> demand_workers) {
    policies_.remember_minute(credible(demand_workers));
  }

  // The demand of the next step, in workers; nothing where it is not known.
  void add(std::optional<double> demand_workers) {
    const auto demand = credible(demand_workers);
    policies_.add(demand);
    mix_.add(demand, policies_);
    shares_.add(demand, mix_);
    worth_.add(demand, mix_);
  }

  // In place of what it learned of prices itself.
  void recall(const ShadowShares::Memory& shares) { shares_ = ShadowShares(shares); }

  const NeedPolicies& policies() const { return policies_; }
  const PolicyMix& mix() const { return mix_; }
  const ShadowShares& shares() const { return shares_; }
  const PredictionWorth& worth() const { return worth_; }

 private:
  static constexpr double kDemandMost = 1e12;  // workers

  // What is no demand is not known; it must not reach a sum that it would spoil for ever.
  static std::optional<double> credible(std::optional<double> demand_workers) {
    const bool is_one = demand_workers && *demand_workers >= 0.0 && *demand_workers <= kDemandMost;
    return is_one ? demand_workers : std::nullopt;
  }

  NeedPolicies policies_;
  PolicyMix mix_;
  ShadowShares shares_;
  PredictionWorth worth_;
};

}  // namespace foretide::coordinator
