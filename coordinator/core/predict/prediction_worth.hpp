// Whether looking ahead pays on this demand: what the mix would have cost at each price, beside
// what the reactive rules alone would have, which keep the largest demand of a window served.
//
// Both run in the shadow over the same demand and are billed alike, for workers and for the demand
// that found none. Old bills count less: the sums are over the last quarter of what was seen, and
// half is forgotten after a day, or after 3,600 steps where a day has more. Neither is billed for
// the first steps, in which nothing could have been learned.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>

#include "coordinator/core/predict/policy_mix.hpp"
#include "coordinator/core/predict/shadow_run.hpp"

namespace foretide::coordinator {

class PredictionWorth {
 public:
  explicit PredictionWorth(const PredictorShape& shape);

  // Once a step, after the mix.
  void add(std::optional<double> demand_workers, const PolicyMix& mix);

  // Steps of known demand: so far; before prediction is listened to; and before it is listened to
  // without reserve.
  std::int64_t seen() const { return seen_; }
  std::int64_t learned_after() const { return learned_after_; }
  bool has_learned() const { return seen_ > learned_after_; }
  bool is_grown() const { return seen_ > learned_after_ + kGrownAfter; }
  // What the reactive rules ask for now.
  std::uint32_t reactive_workers() const { return reactive_.workers(); }
  struct Bill {
    double workers = 0.0;   // paid for, in the mean
    double unserved = 0.0;  // share of demand
  };
  Bill bill(std::size_t level) const { return bill_of(sums_[level]); }
  Bill reactive_bill() const { return bill_of(reactive_sums_); }

 private:
  static constexpr std::int64_t kLearnedAfter = 60, kLeadsToLearn = 3, kGrownAfter = 240;

  struct Sums {
    double paid = 0.0, unserved = 0.0;
  };
  Bill bill_of(const Sums& sums) const {
    return {weight_ > 0.0 ? sums.paid / weight_ : 0.0,
            demand_ > 0.0 ? sums.unserved / demand_ : 0.0};
  }
  void bill(double demand_workers, const PolicyMix& mix);
  void move_reactive(double demand_workers);

  std::uint32_t workers_min_, workers_max_;
  std::int64_t window_steps_, learned_after_, seen_ = 0;
  double remembered_steps_most_;
  std::deque<double> window_;
  ShadowRun reactive_;
  std::array<Sums, kPrices> sums_{};
  Sums reactive_sums_;
  double weight_ = 0.0, demand_ = 0.0;
};

}  // namespace foretide::coordinator
