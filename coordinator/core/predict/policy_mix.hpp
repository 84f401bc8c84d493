// What the policies say together, at each of thirty prices of a shortage.
//
// At every price each policy runs in the shadow: it decides by its own curves and is billed for the
// workers that it keeps and, at that price, for the demand that finds none. The bills are compared
// in pairs over blocks of two dozen steps, old ones counting less. A policy counts for little when
// it is clearly dearer than the cheapest, by the measure of how much the difference varies from
// block to block; where one rare event made all the difference the evidence is weak, and several
// go on counting. In numbers: exp(-t^2 / 2) for a difference of t standard errors.
//
// The mix at a price decides by the weighted mean of the curves. It runs in the shadow too, and
// `ShortageAim` takes the price at which that run has reached what the user wants.
//
// Whoever asks for the last prices wants never to be short: there the mix keeps besides what the
// largest demand of late needed, or as much again and half. No distribution of errors does that,
// for a record is by its nature further off than all that came before it.
//
// Demand is the same whatever is decided, so all of them can be billed for the same demand.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "coordinator/core/predict/need_policies.hpp"
#include "coordinator/core/predict/shadow_run.hpp"

namespace foretide::coordinator {

inline constexpr std::size_t kPrices = 30;
// From 1.3 worker-steps for a worker's worth of a step's demand to 12,000, each 1.42 of the last;
// then three more, each 2.5 of the last.
double price_at(std::size_t level);

class PolicyMix {
 public:
  using Weights = std::array<double, kPolicies>;

  explicit PolicyMix(const PredictorShape& shape);

  // Once a step, after the policies have taken it in.
  void add(std::optional<double> demand_workers, const NeedPolicies& policies);

  // What the mix at that price asks for now, and what of the last step's demand found nobody ready.
  std::uint32_t workers(std::size_t level) const { return levels_[level].run.workers(); }
  double unserved(std::size_t level) const { return levels_[level].unserved; }
  // And how many workers it had asked for in that step, ready or not.
  double paid(std::size_t level) const { return levels_[level].paid; }
  // What the mix at that price expects of a worker, counted from 0, in the next step.
  double need_next(std::size_t level, std::uint32_t worker, const NeedPolicies& policies) const;
  const Weights& weights(std::size_t level) const { return levels_[level].weights; }

 private:
  struct Level {
    double price = 0.0;
    double of_the_largest = 0.0;
    std::vector<ShadowRun> runs;  // one for each policy
    ShadowRun run;                // the mix's
    double unserved = 0.0, paid = 0.0;
    Weights weights{};
    // Of the present block, and of those before it.
    Weights bill{}, bills{};
    std::array<Weights, kPolicies> squares{};  // of differences between two policies' bills
  };
  void bill(Level& level, double demand_workers) const;
  void decide(Level& level, const NeedPolicies& policies) const;
  static double need(const Weights& weights, const NeedPolicies& policies, std::uint32_t worker,
                     std::size_t distance);
  void close_block();
  void weigh(Level& level) const;

  std::uint32_t workers_min_, workers_max_;
  std::vector<Level> levels_;
  double largest_ = 0.0;  // demand, fading
  int steps_in_block_ = 0;
  double blocks_ = 0.0, blocks_squared_ = 0.0;  // sums of the blocks' weights
};

}  // namespace foretide::coordinator
