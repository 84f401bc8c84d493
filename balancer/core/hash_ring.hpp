// To which endpoint a key belongs, so that it stays there when others come and go.
//
// Every endpoint stands at 48 points of a circle of numbers, which follow from its id alone, so
// that all threads and balancers have the same circle; a key belongs to the first endpoint at or
// after its number. Of ten endpoints one that leaves gives its tenth of the keys to all the others,
// and no other key moves. Who may not take a request is passed over, and its keys go to whoever
// comes next on the circle, the same one each time.
//
// Finding looks at 64 points at most; where none of them will do, the caller chooses otherwise.
// Changing costs one pass over all points (0.3 ms for 1,000 endpoints).
//
// Belongs to one EndpointSet. Sources: Karger et al. 1997; with bounded loads (the bound is the
// caller's): Mirrokni, Thorup, Zadimoghaddam 2016.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "balancer/core/endpoint.hpp"

namespace foretide::balancer {

class HashRing {
 public:
  bool empty() const { return points_.empty(); }
  std::size_t size() const { return points_.size(); }
  // To be called before an endpoint that stands in it is destroyed, and when the ones that should
  // stand in it have changed. `Endpoint::on_ring` is kept here.
  template <class List>
  void update(const List& list) {
    std::vector<Endpoint*> joining;
    bool leaves = false;
    for (const auto& endpoint : list) {
      const bool belongs = endpoint->state == wire::EndpointState::kActive;
      if (belongs && !endpoint->on_ring) joining.push_back(endpoint.get());
      leaves = leaves || (!belongs && endpoint->on_ring);
      endpoint->on_ring = belongs;
    }
    if (leaves) std::erase_if(points_, [](const Point& point) { return !point.endpoint->on_ring; });
    if (!joining.empty()) add(joining);
  }
  template <class List>
  void clear(const List& list) {
    points_.clear();
    for (const auto& endpoint : list) endpoint->on_ring = false;
  }

  // The first from the key's place on for which `may` holds.
  template <class May>
  Endpoint* find(std::uint64_t key, May may) const {
    if (points_.empty()) return nullptr;
    auto at = static_cast<std::size_t>(
        std::lower_bound(points_.begin(), points_.end(), Point{key, nullptr}) - points_.begin());
    const Endpoint* last = nullptr;
    for (std::size_t looks = 0; looks < std::min(kLooksMost, points_.size()); ++looks, ++at) {
      if (at >= points_.size()) at = 0;
      Endpoint* endpoint = points_[at].endpoint;
      if (endpoint != last && may(*endpoint)) return endpoint;
      last = endpoint;
    }
    return nullptr;
  }

 private:
  static constexpr std::size_t kLooksMost = 64;

  struct Point {
    std::uint64_t at;
    Endpoint* endpoint;
    bool operator<(const Point& other) const { return at < other.at; }
  };
  void add(const std::vector<Endpoint*>& joining);

  std::vector<Point> points_;  // in order
};

}  // namespace foretide::balancer
