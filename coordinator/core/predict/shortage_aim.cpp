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

void ShadowShares::add(std::optional<double> demand_workers, const PolicyMix& mix) {
  ++steps_;
  if (!demand_workers) return;
  const double kept = 1.0 - 1.0 / (static_cast<double>(steps_) + kStepsBefore);
  demand_ = demand_ * kept + *demand_workers;
  for (std::size_t level = 0; level < kPrices; ++level) {
    unserved_[level] = unserved_[level] * kept + mix.unserved(level);
    const double before = kDemandBefore * kUnservedAtOne / price_at(level);
    shares_[level] = (unserved_[level] + before) / (demand_ + kDemandBefore);
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
  if (steps_ <= kSettledAfter) return dearer(cheapest_);
  if (unserved[right_] > aim * kClearly) return dearer(right_);
  std::size_t right = right_;
  while (right > cheapest_ && unserved[right - 1] < aim / kClearly) --right;
  return right;
}

void ShortageAim::adjust(const ShadowShares& shares) {
  ++steps_;
  right_ = right_now(shares);
  const auto right = static_cast<double>(right_);
  const double share = std::max(kMeanLeast, kMeanWeight / static_cast<double>(steps_));
  mean_ += std::min(1.0, share) * (right - mean_);
  level_ = std::clamp(static_cast<std::size_t>(std::lround(mean_)), cheapest_, dearest_);
}

}  // namespace foretide::coordinator
