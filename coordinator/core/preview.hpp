// What would happen if a cluster file were taken in now: what is different from the settings in
// force, and how many workers each service would have by its new bounds.
//
// Only what bounds force is counted: 1 worker with min 4 becomes 4 at once. What the rules make of
// a lower min, of new capacities or windows is theirs to decide from then on (they may do so at
// once) and is not guessed here. Nothing is changed by looking.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/settings/cluster_changes.hpp"
#include "coordinator/core/state.hpp"

namespace foretide::coordinator {

struct WorkersAhead {
  std::uint32_t running = 0;   // there are now, those that leave already left out
  std::uint32_t now = 0;       // desired
  std::uint32_t then = 0;      // by the new file's bounds
  std::uint32_t replaced = 0;  // of those that run: for a new release
  std::uint32_t ended = 0;     // of those that run: they drain
  // A lower min lets the rules go down to this, where the former one held them.
  std::optional<std::uint32_t> may_fall_to;
};

struct ServicePreview {
  ServiceChange change;
  std::optional<WorkersAhead> workers;  // absent where it has and had upstreams
};

struct Preview {
  std::vector<SettingChange> cluster;
  std::vector<ServicePreview> services;
  bool wants_restart = false;  // a reload of this file is refused
  bool is_empty() const { return cluster.empty() && services.empty(); }
};

Preview preview_of(const State& state, const ClusterSettings& after);

}  // namespace foretide::coordinator
