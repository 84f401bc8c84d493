#include "balancer/core/hash_ring.hpp"

#include "balancer/core/key_hash.hpp"

namespace foretide::balancer {
namespace {

constexpr std::uint64_t kPointsEach = 48;

}  // namespace

void HashRing::add(const std::vector<Endpoint*>& joining) {
  const auto middle = static_cast<std::ptrdiff_t>(points_.size());
  points_.reserve(points_.size() + joining.size() * kPointsEach);
  for (Endpoint* endpoint : joining) {
    for (std::uint64_t i = 0; i < kPointsEach; ++i) {
      points_.push_back({key_hash(endpoint->id.text, i + 1), endpoint});
    }
  }
  std::sort(points_.begin() + middle, points_.end());
  std::inplace_merge(points_.begin(), points_.begin() + middle, points_.end());
}

}  // namespace foretide::balancer
