#include "agent/core/port_pool.hpp"

#include <algorithm>

#include "common/check.hpp"

namespace foretide::agent {

PortPool::PortPool(PortRange range, const std::vector<std::uint16_t>& given_up) : range_(range) {
  CHECK(range.first > 0 && range.first <= range.last, "settings refuse an empty range of ports");
  uses_.resize(static_cast<std::size_t>(range.last) - range.first + 1, Use::kFresh);
  for (const std::uint16_t port : given_up) {
    give_back(port);
  }
}

std::optional<std::uint16_t> PortPool::take() {
  const auto fresh = std::find(uses_.begin(), uses_.end(), Use::kFresh);
  if (fresh != uses_.end()) {
    *fresh = Use::kTaken;
    return static_cast<std::uint16_t>(range_.first + (fresh - uses_.begin()));
  }
  if (given_up_.empty()) {
    return std::nullopt;
  }
  const std::uint16_t oldest = given_up_.front();
  given_up_.erase(given_up_.begin());
  use_of(oldest) = Use::kTaken;
  return oldest;
}

void PortPool::claim(std::uint16_t port) {
  if (!holds(port)) {
    return;
  }
  std::erase(given_up_, port);
  use_of(port) = Use::kTaken;
}

void PortPool::give_back(std::uint16_t port) {
  if (!holds(port)) {
    return;
  }
  std::erase(given_up_, port);
  given_up_.push_back(port);
  use_of(port) = Use::kGivenUp;
}

}  // namespace foretide::agent
