// Where a step stands in the day and in the week, counted from the first step of the history: the
// hour itself does not matter, only that the same one comes again. A period speaks once a whole one
// was seen.
#pragma once

#include <cstdint>

#include "coordinator/core/predict/demand_history.hpp"

namespace foretide::coordinator {

class Calendar {
 public:
  explicit Calendar(const DemandHistory& history)
      : day_(history.steps_in(86400.0)), week_(history.steps_in(7 * 86400.0)) {}

  std::int64_t day() const { return day_; }
  std::int64_t week() const { return week_; }
  // The share of the period that has passed, from 0 to 1.
  static double phase(std::int64_t step, std::int64_t period) {
    return static_cast<double>(step % period) / static_cast<double>(period);
  }
  bool knows_day(std::int64_t step) const { return day_ > 1 && step >= day_; }
  bool knows_week(std::int64_t step) const { return week_ > 1 && step >= week_; }

 private:
  std::int64_t day_, week_;
};

}  // namespace foretide::coordinator
