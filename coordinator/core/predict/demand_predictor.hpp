// Everything that foresees the demand of one service: fed one step at a time, it says at any price
// or aim how many workers to ask for now. need_policies.hpp tells what it looks at, policy_mix.hpp
// whom it believes, shortage_aim.hpp how careful it is.
//
// The same steps give the same answers in the same build. About 2 MB; half a millisecond a step.
// After a gap of more than 4,000 steps it knows nothing any more.
#pragma once

#include <optional>

#include "coordinator/core/predict/need_policies.hpp"
#include "coordinator/core/predict/policy_mix.hpp"
#include "coordinator/core/predict/shortage_aim.hpp"

namespace foretide::coordinator {

class DemandPredictor {
 public:
  DemandPredictor(const PredictorShape& shape, std::uint32_t workers_min)
      : policies_(shape), mix_(shape, workers_min) {}

  // The demand of the next step, in workers; nothing where it is not known.
  void add(std::optional<double> demand_workers) {
    // What is no demand is not known; it must not reach a sum that it would spoil for ever.
    if (demand_workers && !(*demand_workers >= 0.0 && *demand_workers <= kDemandMost)) {
      demand_workers.reset();
    }
    policies_.add(demand_workers);
    mix_.add(demand_workers, policies_);
    shares_.add(demand_workers, mix_);
  }

  const NeedPolicies& policies() const { return policies_; }
  const PolicyMix& mix() const { return mix_; }
  const ShadowShares& shares() const { return shares_; }

 private:
  static constexpr double kDemandMost = 1e12;  // workers
  NeedPolicies policies_;
  PolicyMix mix_;
  ShadowShares shares_;
};

}  // namespace foretide::coordinator
