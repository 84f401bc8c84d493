#include "coordinator/core/predict/policy_mix.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "coordinator/core/predict/worker_rule.hpp"

namespace foretide::coordinator {
namespace {

constexpr int kBlockSteps = 24;
const double kBlockKept = std::pow(0.5, 1.0 / 40.0);  // half after forty blocks
constexpr double kPriceLeast = 1.3, kPriceRatio = 1.42, kLastRatio = 2.5;
constexpr PolicyMix::Weights kBefore{1.0, 0.5, 0.5, 0.1,
                                     0.1, 0.1, 0.1, 0.1};  // anything was learned
constexpr double kBlocksMin = 3.0;     // before them no difference counts for more
constexpr double kErrorsAtMost = 0.5;  // than this
constexpr double kNegligible = 1e-3;
// What the last prices keep of the largest demand, which fades by half in 4,000 steps.
constexpr std::array kOfTheLargest{0.5, 1.0, 1.5};
const double kLargestKept = std::pow(0.5, 1.0 / 4000.0);

PolicyMix::Weights shares_of(PolicyMix::Weights weights) {
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& weight : weights) weight /= sum;
  return weights;
}

}  // namespace

double price_at(std::size_t level) {
  constexpr std::size_t kCoarseFrom = kPrices - kOfTheLargest.size();
  const auto fine = static_cast<double>(std::min(level, kCoarseFrom - 1));
  const auto coarse = static_cast<double>(level) - fine;
  return kPriceLeast * std::pow(kPriceRatio, fine) * std::pow(kLastRatio, coarse);
}

PolicyMix::PolicyMix(const PredictorShape& shape)
    : workers_min_(shape.workers_min), workers_max_(shape.workers_max) {
  const ShadowRun run(shape.lead_steps, shape.workers_min);
  for (std::size_t level = 0; level < kPrices; ++level) {
    levels_.push_back({.price = price_at(level),
                       .runs = std::vector<ShadowRun>(kPolicies, run),
                       .run = run,
                       .weights = shares_of(kBefore)});
  }
  for (std::size_t i = 0; i < kOfTheLargest.size(); ++i) {
    levels_[kPrices - kOfTheLargest.size() + i].of_the_largest = kOfTheLargest[i];
  }
}

void PolicyMix::add(std::optional<double> demand_workers, const NeedPolicies& policies) {
  const bool closes = demand_workers && ++steps_in_block_ == kBlockSteps;
  largest_ = std::max(largest_ * kLargestKept, demand_workers.value_or(0.0));
  for (Level& level : levels_) {
    level.unserved = 0.0;
    if (demand_workers) bill(level, *demand_workers);
  }
  if (closes) close_block();
  for (Level& level : levels_) decide(level, policies);
}

void PolicyMix::bill(Level& level, double demand_workers) const {
  for (std::size_t policy = 0; policy < kPolicies; ++policy) {
    const ShadowRun& run = level.runs[policy];
    level.bill[policy] += run.workers() + level.price * run.unserved(demand_workers);
  }
  level.unserved = level.run.unserved(demand_workers);
  level.paid = level.run.workers();
}

double PolicyMix::need(const Weights& weights, const NeedPolicies& policies, std::uint32_t worker,
                       std::size_t distance) {
  double sum = 0.0;
  for (std::size_t policy = 0; policy < kPolicies; ++policy) {
    if (weights[policy] < kNegligible) continue;
    const NeedCurve& curve = policies.curve(static_cast<Policy>(policy), distance);
    sum += weights[policy] * static_cast<double>(curve[worker]);
  }
  return sum;
}

double PolicyMix::need_next(std::size_t level, std::uint32_t worker,
                            const NeedPolicies& policies) const {
  return need(levels_[level].weights, policies, worker, 0);
}

void PolicyMix::decide(Level& level, const NeedPolicies& policies) const {
  const auto& distances = policies.distances();
  const auto bounded = [this](std::uint32_t workers) { return std::max(workers, workers_min_); };
  const double floor = std::ceil(level.of_the_largest * largest_);
  for (std::size_t policy = 0; policy < kPolicies; ++policy) {
    ShadowRun& run = level.runs[policy];
    const auto need = [&](std::uint32_t worker, std::size_t distance) {
      return static_cast<double>(policies.curve(static_cast<Policy>(policy), distance)[worker]);
    };
    run.decide(bounded(workers_for(distances, run.workers(), workers_max_, level.price, need)));
  }
  const auto mixed = [&](std::uint32_t worker, std::size_t distance) {
    return need(level.weights, policies, worker, distance);
  };
  const std::uint32_t workers =
      workers_for(distances, level.run.workers(), workers_max_, level.price, mixed);
  const auto least = static_cast<std::uint32_t>(std::min<double>(workers_max_, floor));
  level.run.decide(bounded(std::max(workers, least)));
}

void PolicyMix::close_block() {
  steps_in_block_ = 0;
  blocks_ = blocks_ * kBlockKept + 1.0;
  blocks_squared_ = blocks_squared_ * kBlockKept * kBlockKept + 1.0;
  for (Level& level : levels_) {
    for (std::size_t one = 0; one < kPolicies; ++one) {
      level.bills[one] = level.bills[one] * kBlockKept + level.bill[one];
      for (std::size_t other = 0; other < kPolicies; ++other) {
        const double apart = level.bill[one] - level.bill[other];
        level.squares[one][other] = level.squares[one][other] * kBlockKept + apart * apart;
      }
    }
    level.bill.fill(0.0);
    weigh(level);
  }
}

// t = mean difference / its standard error, over as many blocks as their weights are worth
// (Kish 1965: (sum w)^2 / sum w^2).
void PolicyMix::weigh(Level& level) const {
  const auto cheapest = static_cast<std::size_t>(
      std::min_element(level.bills.begin(), level.bills.end()) - level.bills.begin());
  const double worth = blocks_ * blocks_ / blocks_squared_;
  for (std::size_t policy = 0; policy < kPolicies; ++policy) {
    const double mean = (level.bills[policy] - level.bills[cheapest]) / blocks_;
    const double variance = level.squares[policy][cheapest] / blocks_ - mean * mean;
    const double error = std::sqrt(std::max(1e-12, variance) / std::max(1.0, worth - 1.0));
    double errors = policy == cheapest ? 0.0 : mean / (error + 1e-9);
    if (worth < kBlocksMin) errors = std::min(errors, kErrorsAtMost);
    level.weights[policy] = kBefore[policy] * std::exp(-0.5 * errors * errors);
  }
  level.weights = shares_of(level.weights);
}

}  // namespace foretide::coordinator
