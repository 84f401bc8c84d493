// Everything that foresees the demand of one service: fed one step at a time, it says at any price
// or aim how many workers to ask for now. need_policies.hpp tells what it looks at, policy_mix.hpp
// whom it believes, shortage_aim.hpp how careful it is.
//
// The same steps give the same answers, on any machine. About 1.5 MB; no allocation once it has
// filled.
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
    policies_.add(demand_workers);
    mix_.add(demand_workers, policies_);
    shares_.add(demand_workers, mix_);
  }

  const NeedPolicies& policies() const { return policies_; }
  const PolicyMix& mix() const { return mix_; }
  const ShadowShares& shares() const { return shares_; }

 private:
  NeedPolicies policies_;
  PolicyMix mix_;
  ShadowShares shares_;
};

}  // namespace foretide::coordinator
