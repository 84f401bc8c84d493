#include "coordinator/core/predict/moment_tree.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "common/check.hpp"

namespace foretide::coordinator {
namespace {

constexpr std::size_t kTraitsTried = 5, kThresholdsTried = 5, kDepthMax = 12, kMarksMax = 4;

}  // namespace

struct MomentTree::Split {
  double gain = 1e-9;
  bool found = false;
  std::uint16_t trait = 0;
  float threshold = 0.0F;
};

void MomentTree::grow(const Moments& moments, std::vector<Moments::Slot> sample, Draws& draws) {
  CHECK(sample.size() <= 65535 && moments.marks() <= kMarksMax, "a tree's numbers are small");
  sample_ = std::move(sample);
  nodes_.clear();
  nodes_.push_back({.begin = 0, .count = static_cast<std::uint16_t>(sample_.size())});
  divide(moments, 0, 0, draws);
  nodes_.shrink_to_fit();
}

MomentTree::Split MomentTree::best_split(const Moments& moments, const Node& node,
                                         Draws& draws) const {
  using Marks = std::array<float, kMarksMax>;
  const std::size_t marks = moments.marks();
  const std::span<const Moments::Slot> among(sample_.data() + node.begin, node.count);
  // Side by side, because each is looked at five times five times.
  std::vector<Marks> of(node.count);
  std::vector<float> values(node.count);
  Marks all{};
  for (std::size_t i = 0; i < among.size(); ++i) {
    const auto from = moments.marks_of(among[i]);
    std::copy(from.begin(), from.end(), of[i].begin());
    for (std::size_t mark = 0; mark < marks; ++mark) all[mark] += of[i][mark];
  }
  Split best;
  for (std::size_t i = 0; i < kTraitsTried; ++i) {
    const auto trait =
        static_cast<std::uint16_t>(draws.below(static_cast<std::uint32_t>(moments.traits())));
    for (std::size_t j = 0; j < among.size(); ++j) {
      values[j] = moments.traits_of(among[j])[trait];
    }
    std::array<float, kThresholdsTried> thresholds{};
    for (float& threshold : thresholds) threshold = values[draws.below(node.count)];
    // All five in one pass: their sums do not wait for one another.
    std::array<Marks, kThresholdsTried> on_lefts{};
    std::array<std::size_t, kThresholdsTried> counts{};
    for (std::size_t k = 0; k < values.size(); ++k) {
      for (std::size_t j = 0; j < kThresholdsTried; ++j) {
        // Without a branch: half of them would be guessed wrong.
        const float is_left = values[k] <= thresholds[j] ? 1.0F : 0.0F;
        counts[j] += values[k] <= thresholds[j] ? 1 : 0;
        for (std::size_t mark = 0; mark < kMarksMax; ++mark) {
          on_lefts[j][mark] += is_left * of[k][mark];
        }
      }
    }
    for (std::size_t j = 0; j < kThresholdsTried; ++j) {
      const std::size_t count = counts[j];
      const Marks& left = on_lefts[j];
      if (count < kLeafMin || node.count - count < kLeafMin) continue;
      const auto on_left = static_cast<double>(count);
      const auto on_right = static_cast<double>(node.count - count);
      double gain = 0.0;
      for (std::size_t mark = 0; mark < marks; ++mark) {
        const double apart = left[mark] / on_left - (all[mark] - left[mark]) / on_right;
        gain += apart * apart;
      }
      gain *= on_left * on_right / (on_left + on_right);
      if (gain > best.gain) best = {gain, true, trait, thresholds[j]};
    }
  }
  return best;
}

void MomentTree::divide(const Moments& moments, std::size_t node, std::size_t depth, Draws& draws) {
  const Node whole = nodes_[node];
  if (whole.count < 2 * kLeafMin || depth == kDepthMax) return;
  const Split split = best_split(moments, whole, draws);
  if (!split.found) return;
  const auto begin = sample_.begin() + whole.begin;
  const auto middle = std::partition(begin, begin + whole.count, [&](Moments::Slot at) {
    return moments.traits_of(at)[split.trait] <= split.threshold;
  });
  const auto left = static_cast<std::uint16_t>(middle - begin);
  const std::size_t children = nodes_.size();
  nodes_[node].left = static_cast<std::uint16_t>(children);
  nodes_[node].trait = split.trait;
  nodes_[node].threshold = split.threshold;
  nodes_.push_back({.begin = whole.begin, .count = left});
  nodes_.push_back({.begin = static_cast<std::uint16_t>(whole.begin + left),
                    .count = static_cast<std::uint16_t>(whole.count - left)});
  divide(moments, children, depth + 1, draws);
  divide(moments, children + 1, depth + 1, draws);
}

std::span<const Moments::Slot> MomentTree::alike(std::span<const float> traits) const {
  std::size_t at = 0;
  while (nodes_[at].left != kLeaf) {
    const Node& node = nodes_[at];
    const bool right = traits[node.trait] > node.threshold;
    at = node.left + (right ? 1U : 0U);
  }
  return {sample_.data() + nodes_[at].begin, nodes_[at].count};
}

}  // namespace foretide::coordinator
