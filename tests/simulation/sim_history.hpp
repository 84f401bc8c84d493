// The coordinator's history file, as coordinator/io/history_keeper writes and reads it, without any
// file: the same rows and steps, as often, and the same past made of them when a life begins. So a
// life that ends in a crash loses up to ten seconds of demand, and what was learned in up to five
// minutes.
//
// Minutes and hours, which the file makes of seconds, are not made: no run outlasts the seconds.
#pragma once

#include <map>
#include <optional>

#include "coordinator/core/history_rows.hpp"
#include "coordinator/core/state.hpp"

namespace foretide::simulation {

class SimHistory {
 public:
  // What is on the disk stays, what was in memory is gone.
  void life_begins();
  void lose() { disk_.clear(); }
  // Once a second.
  void keep(const coordinator::State& state, Instant now, WallTime wall);
  std::map<ServiceId, coordinator::ServicePast> pasts(WallTime wall) const;

 private:
  struct Kept {
    std::int64_t until_second = 0, steps_at = 0;  // of the series
  };
  struct File {
    std::map<std::int64_t, coordinator::HistoryRow> seconds;
    std::optional<coordinator::LearnedSteps> steps;
  };

  std::map<ServiceId, Kept> kept_;
  std::optional<std::int64_t> wall_before_;
  std::map<ServiceId, File> disk_;
};

}  // namespace foretide::simulation
