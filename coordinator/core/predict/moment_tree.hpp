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

#include "coordinator/core/predict/moments.hpp"

namespace foretide::coordinator {

// A small generator of our own (xorshift64*, Vigna 2016): two machines must draw alike.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : state_(seed) {}
  std::uint32_t below(std::uint32_t bound);
  double unit();  // [0, 1)

 private:
  std::uint64_t next();
  std::uint64_t state_;
};

class MomentTree {
 public:
  static constexpr std::size_t kLeafMin = 16;

  // From these moments, all of which are known; one may be among them several times.
  void grow(const Moments& moments, std::vector<std::int64_t> sample, Draws& draws);
  // Those that are like this one.
  std::span<const std::int64_t> alike(std::span<const float> traits) const;

 private:
  struct Node {
    std::uint32_t begin = 0, count = 0;  // its moments
    std::int32_t left = -1;              // the right one is the next; none: it is a leaf
    std::uint16_t trait = 0;
    float threshold = 0.0F;  // up to it: left
  };
  struct Split;
  Split best_split(const Moments& moments, const Node& node, Draws& draws) const;
  void divide(const Moments& moments, std::size_t node, std::size_t depth, Draws& draws);

  std::vector<std::int64_t> sample_;
  std::vector<Node> nodes_;
};

}  // namespace foretide::coordinator
