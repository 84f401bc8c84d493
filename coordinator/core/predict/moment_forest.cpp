#include "coordinator/core/predict/moment_forest.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace foretide::coordinator {
namespace {

constexpr std::int64_t kLearnAfter = 100;  // steps before the first tree
constexpr std::size_t kSampled = 1500, kSampleMin = 60;

}  // namespace

std::vector<Moments::Slot> MomentForest::draw_sample(std::int64_t newest,
                                                     std::int64_t window_steps) {
  std::vector<Moments::Slot> sample;
  sample.reserve(kSampled);
  const auto window = static_cast<double>(window_steps);
  for (std::size_t i = 0; i < kSampled; ++i) {
    // u^1.5 of the way back: of the last tenth of the window there are twice as many.
    const double u = draws_.unit();
    const std::int64_t at = newest - static_cast<std::int64_t>(window * u * std::sqrt(u));
    if (moments_.is_known(at)) sample.push_back(Moments::slot_of(at));
  }
  return sample;
}

void MomentForest::grow(std::int64_t step, std::int64_t newest) {
  if (step < kLearnAfter || step % kGrowEvery != 0 || newest < 1) return;
  // A tree names its moments as long as it lives.
  const std::int64_t kept = Moments::kKept - kLifetime - (step - newest) - 1;
  auto sample = draw_sample(newest, std::min({kWindow, newest, kept}));
  std::erase_if(trees_, [step](const Grown& grown) { return step - grown.at >= kLifetime; });
  if (sample.size() < kSampleMin) return;
  trees_.push_back({.tree = {}, .at = step});
  trees_.back().tree.grow(moments_, std::move(sample), draws_);
}

}  // namespace foretide::coordinator
