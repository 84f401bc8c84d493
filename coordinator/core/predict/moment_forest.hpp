// Which past moments were like this one, and how much: forty trees, each grown from other moments,
// each naming those in its leaf (the weights of a quantile regression forest; Meinshausen 2006). A
// moment counts for one over the size of the leaf, summed over the trees.
//
// The forest never stands still: every few steps the oldest tree is replaced by one grown from the
// last moments, the later ones drawn more often. So learning costs a millisecond now and then and
// never a pause. A tree that outlived its time because nothing was known to grow another from is
// felled all the same: its moments are no longer kept.
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

  // Calls `each(moment, weight)` for all that are like the moment `newest`.
  template <class Each>
  void each_alike(std::int64_t newest, Each each) const {
    const auto traits = moments_.traits_of(newest);
    for (const Grown& grown : trees_) {
      const auto alike = grown.tree.alike(traits);
      // Of a large leaf, where nothing told moments apart, some speak for all.
      const std::size_t stride = 1 + alike.size() / kAlikeAtMost;
      const double weight = static_cast<double>(stride) / static_cast<double>(alike.size());
      for (std::size_t i = 0; i < alike.size(); i += stride) {
        each(Moments::step_of(alike[i], newest), weight);
      }
    }
  }

 private:
  static constexpr std::size_t kTreesMin = 5, kAlikeAtMost = 100;
  struct Grown {
    MomentTree tree;
    std::int64_t at = 0;
  };
  std::vector<Moments::Slot> draw_sample(std::int64_t newest, std::int64_t window_steps);

  Moments moments_;
  Draws draws_;
  std::vector<Grown> trees_;  // the oldest first
};

}  // namespace foretide::coordinator
