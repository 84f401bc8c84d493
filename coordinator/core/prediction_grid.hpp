// How finely a service's demand is looked at, and how far ahead: steps of about a sixth of the lead
// time, from a second to a minute, since nothing that is decided takes effect sooner; and as many
// of them as a worker needs to start.
//
// A worker that starts in 30 s is looked at in steps of 5 s, 6 of them ahead. A step divides a
// minute, so that minutes can be kept. A grid once chosen stays until starts take clearly longer
// (one forecasts too near then, and is late) or much shorter (too far, and less surely).
#pragma once

#include <cstdint>

#include "common/time.hpp"
#include "coordinator/core/predict/need_policies.hpp"

namespace foretide::coordinator {

struct PredictionGrid {
  std::int64_t step_seconds = 1;
  std::int64_t lead_steps = 1;
  friend bool operator==(const PredictionGrid&, const PredictionGrid&) = default;
};

// `start` is how long a worker takes from being asked for until it is ready.
PredictionGrid grid_for(Duration start);
bool still_fits(const PredictionGrid& grid, Duration start);

}  // namespace foretide::coordinator
