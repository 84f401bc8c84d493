// Groups moments that went on alike: a decision tree whose splits part those after which demand
// rose from those after which it did not. What fell into the same leaf as the present moment is
// what may happen next.
//
// A split is drawn at random from a few traits and a few thresholds of each, and the best of these
// is taken (extremely randomised trees; Geurts, Ernst and Wehenkel 2006): the one that parts the
// means of the marks most, the sum of squares between the two sides. A leaf keeps at least
// `kLeafMin` moments. Drawing is seeded, so that the same history grows the same tree.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "coordinator/core/predict/draws.hpp"
#include "coordinator/core/predict/moments.hpp"

namespace foretide::coordinator {

class MomentTree {
 public:
  static constexpr std::size_t kLeafMin = 16;

  // From these moments, at most 65,535, all of which are known. One may be there several times.
  void grow(const Moments& moments, std::vector<Moments::Slot> sample, Draws& draws);
  // Those that are like this one.
  std::span<const Moments::Slot> alike(std::span<const float> traits) const;

 private:
  static constexpr std::uint16_t kLeaf = 0;  // the root is nobody's left
  struct Node {
    std::uint16_t begin = 0, count = 0;  // its moments
    std::uint16_t left = kLeaf;          // the right one is the next
    std::uint16_t trait = 0;
    float threshold = 0.0F;  // up to it: left
  };
  struct Split;
  Split best_split(const Moments& moments, const Node& node, Draws& draws) const;
  void divide(const Moments& moments, std::size_t node, std::size_t depth, Draws& draws);

  std::vector<Moments::Slot> sample_;
  std::vector<Node> nodes_;
};

}  // namespace foretide::coordinator
