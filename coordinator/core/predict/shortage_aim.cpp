#include "coordinator/core/predict/shortage_aim.hpp"

#include <algorithm>
#include <cmath>

namespace foretide::coordinator {
namespace {

constexpr double kStepsBefore = 100.0;  // as old as the history is held to be at its beginning
// Before anything was seen: 40 workers' worth of demand, of which kUnservedAtOne / price unserved.
constexpr double kDemandBefore = 40.0, kUnservedAtOne = 0.15;
constexpr double kFalls = 0.9999;
constexpr double kClearly = 1.05;  // another level is right
// The prices that are looked at, times the aim; and half of the aim may always be spent beside what
// is unserved at the dearest.
constexpr double kCheapest = 0.02, kDearest = 0.7, kOfTheAim = 0.5;
// The rarer a shortage, the less is learned of it: below this the cheapest rises with its root.
constexpr double kRareShortage = 0.001, kCheapestOfRare = 0.5;
// The mean's newest weighs so much more than it would in a plain one, and at least this share.
constexpr double kMeanWeight = 2.0, kMeanLeast = 1e-4;
constexpr std::int64_t kSettledAfter = 50;  // steps; before them any change is clear

}  // namespace

ShadowShares::ShadowShares(const Memory& memory) : memory_(memory) {
  take_shares();
}

void ShadowShares::add(std::optional<double> demand_workers, const PolicyMix& mix) {
  ++memory_.steps;
  if (!demand_workers) return;
  const double kept = 1.0 - 1.0 / (static_cast<double>(memory_.steps) + kStepsBefore);
  memory_.demand = memory_.demand * kept + *demand_workers;
  for (std::size_t level = 0; level < kPrices; ++level) {
    double& unserved = memory_.unserved[level];
    unserved = unserved * kept + mix.unserved(level);
  }
  take_shares();
}

void ShadowShares::take_shares() {
  for (std::size_t level = 0; level < kPrices; ++level) {
    const double before = kDemandBefore * kUnservedAtOne / price_at(level);
    shares_[level] = (memory_.unserved[level] + before) / (memory_.demand + kDemandBefore);
    if (level > 0) shares_[level] = std::min(shares_[level], kFalls * shares_[level - 1]);
  }
}

ShortageAim::ShortageAim(double shortage) : shortage_(shortage) {
  while (dearest_ + 1 < kPrices && price_at(dearest_) * shortage_ < kDearest) ++dearest_;
  const double rarity = std::max(1.0, kRareShortage / shortage_);
  const double cheapest = std::min(kCheapestOfRare, kCheapest * std::sqrt(rarity));
  while (cheapest_ < dearest_ && price_at(cheapest_) * shortage_ < cheapest) ++cheapest_;
}

std::size_t ShortageAim::right_now(const ShadowShares& shares) const {
  const auto& unserved = shares.unserved();
  const double aim = std::max(shortage_, unserved[dearest_] + kOfTheAim * shortage_);
  const auto dearer = [&](std::size_t from) {
    while (from < dearest_ && unserved[from] > aim) ++from;
    return from;
  };
  if (memory_.steps <= kSettledAfter) return dearer(cheapest_);
  if (unserved[memory_.right] > aim * kClearly) return dearer(memory_.right);
  std::size_t right = memory_.right;
  while (right > cheapest_ && unserved[right - 1] < aim / kClearly) --right;
  return right;
}

void ShortageAim::adjust(const ShadowShares& shares) {
  ++memory_.steps;
  memory_.right = right_now(shares);
  const double share = std::max(kMeanLeast, kMeanWeight / static_cast<double>(memory_.steps));
  memory_.mean += std::min(1.0, share) * (static_cast<double>(memory_.right) - memory_.mean);
  take_mean();
}

void ShortageAim::recall(const Memory& memory) {
  memory_ = memory;
  memory_.right = std::clamp<std::uint64_t>(memory.right, cheapest_, dearest_);
  take_mean();
}

void ShortageAim::take_mean() {
  level_ = std::clamp(static_cast<std::size_t>(std::lround(memory_.mean)), cheapest_, dearest_);
}

}  // namespace foretide::coordinator
