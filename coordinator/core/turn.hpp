// One call of `step` while it works: the state, the moment, what is to be answered, and what was
// touched.
//
// Most events concern one service or one node; only a tick looks at everything. What an event
// touched is written down here while it is taken in, and only that is decided, planned and
// published afterwards. The answer is kept in three heaps so that whatever must be durable comes
// first, whoever asked for it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/ids.hpp"
#include "common/time.hpp"
#include "coordinator/core/placement.hpp"
#include "coordinator/core/state.hpp"
#include "coordinator/core/step.hpp"

namespace foretide::coordinator {

// A coordinator this young has not heard everyone yet: it starts workers, and ends none.
inline constexpr Duration kYoungFor = std::chrono::seconds(10);

// After a lost store nothing is known of what runs. Who was cut off dials again within three
// seconds (common/io/zmq_link), and what runs there is not to be started a second time.
inline constexpr Duration kFindFor = std::chrono::seconds(5);

struct Turn {
  State& state;
  Instant now;
  WallTime wall;

  std::vector<Action> persists, sends, tells;
  bool everything = false;
  bool look_at_all = false;      // time went by: every service is decided on again
  std::set<ServiceId> services;  // something about them changed
  std::set<NodeId> nodes;
  std::set<BalancerId> balancers;
  std::set<NodeId> lost;           // usually empty
  std::optional<NodeLoads> loads;  // counted when the first worker is placed

  bool is_young() const { return state.age(now) < kYoungFor; }
  bool may_find_workers() const { return state.store_was_behind && state.age(now) < kFindFor; }
  bool is_lost(const NodeId& node) const { return !lost.empty() && lost.contains(node); }
};

// Keeps the notice and passes it on; the time is filled in.
void tell(Turn& turn, Notice notice);

// The next stamp of this epoch.
Stamp next_stamp(State& state);

// Somebody carries `epoch` and did not get it from us: ours becomes one more, and everything that
// was said in the old one is said again. Reports of the old epoch count for nothing.
void raise_epoch_past(Turn& turn, std::uint64_t epoch);

// What must happen first, first.
std::vector<Action> answer_of(Turn&& turn, std::uint64_t revision_before);

}  // namespace foretide::coordinator
