// What people order by hand: a count, a pause, a node's drain. Each is stored first, then told to
// the core, so that a restart finds it again; what was ordered of a service that has left the
// cluster file does not come back with it.
//
// How long a count or a pause still holds is told over a restart by this host's own wall clock. On
// the coordinator's thread.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "common/result.hpp"
#include "common/time.hpp"
#include "coordinator/core/state.hpp"
#include "coordinator/core/step.hpp"
#include "coordinator/io/peer_inbox.hpp"
#include "coordinator/io/store_sqlite.hpp"

namespace foretide::coordinator {

class HandOrders {
 public:
  // Store and state outlive this; `tell` brings the core what happened.
  HandOrders(Store& store, const State& state, std::function<void(Happening)> tell);

  // No count ends the hold; no time: for good.
  Outcome hold(const ServiceId& service, std::optional<std::uint32_t> count, Duration expires_after,
               WallTime wall);
  Outcome pause(const PauseSet& order, WallTime wall);
  Outcome drain(const DrainSet& order);

  void forget_gone();
  // Those that still hold, for the core's start; drains go there too.
  Result<std::vector<PauseSet>> pauses(WallTime wall);
  // Tells the counts that still hold.
  void restore(WallTime wall);

 private:
  bool is_gone(const ServiceId& service) const;

  Store& store_;
  const State& state_;
  std::function<void(Happening)> tell_;
};

}  // namespace foretide::coordinator
