// Which port the next worker gets: one never used before while there are any, then the one that was
// given up longest ago. A recycled port could receive requests meant for its former owner from a
// balancer that has not heard yet, so a port rests as long as the range allows; a port in use is
// never handed out.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace foretide::agent {

struct PortRange {
  std::uint16_t first = 20000, last = 29999;
};

class PortPool {
 public:
  // `given_up` is what a former life of the agent remembered, oldest first.
  explicit PortPool(PortRange range, const std::vector<std::uint16_t>& given_up = {});

  std::optional<std::uint16_t> take();  // nothing when every port of the range is in use
  void claim(std::uint16_t port);       // in use already (an adopted worker's)
  void give_back(
      std::uint16_t port);  // now the most recently used one; ports outside are forgotten

  PortRange range() const { return range_; }
  const std::vector<std::uint16_t>& given_up_oldest_first() const { return given_up_; }

 private:
  enum class Use : std::uint8_t { kFresh, kTaken, kGivenUp };
  bool holds(std::uint16_t port) const { return port >= range_.first && port <= range_.last; }
  Use& use_of(std::uint16_t port) { return uses_[port - range_.first]; }

  PortRange range_;
  std::vector<Use> uses_;
  std::vector<std::uint16_t> given_up_;
};

}  // namespace foretide::agent
