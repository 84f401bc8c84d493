// Which past moments were like this one, and how much: forty trees, each grown from other moments,
// each naming those in its leaf (the weights of a quantile regression forest; Meinshausen 2006). A
// moment counts for one over the size of the leaf, summed over the trees.
//
// The forest never stands still: every few steps the oldest tree is replaced by one grown from the
// last moments, the later ones drawn more often. So learning costs a millisecond now and then and
// never a pause.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "coordinator/core/predict/moment_tree.hpp"
#include "coordinator/core/predict/moments.hpp"

namespace foretide::coordinator {

class MomentForest {
 public:
  static constexpr std::size_t kTrees = 40;
  static constexpr std::int64_t kGrowEvery = 12;  // steps
  static constexpr std::int64_t kLifetime = static_cast<std::int64_t>(kTrees) * kGrowEvery;
  // How old a moment is at most when it is drawn.
  static constexpr std::int64_t kWindow = 3500;

  MomentForest(std::size_t traits, std::size_t marks, std::uint64_t seed)
      : moments_(traits, marks), draws_(seed) {}

  Moments& moments() { return moments_; }
  const Moments& moments() const { return moments_; }

  // Once a step, a multiple of kGrowEvery of which grows a tree; `newest` is the last moment that
  // may be known, at most a thousand steps before.
  void grow(std::int64_t step, std::int64_t newest);
  bool is_grown() const { return trees_.size() >= kTreesMin; }

  // Calls `each(moment, weight)` for all that are like this one.
  template <class Each>
  void each_alike(std::span<const float> traits, Each each) const {
    for (const MomentTree& tree : trees_) {
      const auto alike = tree.alike(traits);
      const double weight = 1.0 / static_cast<double>(alike.size());
      for (const std::int64_t at : alike) each(at, weight);
    }
  }

 private:
  static constexpr std::size_t kTreesMin = 5;
  std::vector<std::int64_t> draw_sample(std::int64_t newest, std::int64_t window_steps);

  Moments moments_;
  Draws draws_;
  std::vector<MomentTree> trees_;
  std::size_t oldest_ = 0;
};

}  // namespace foretide::coordinator
