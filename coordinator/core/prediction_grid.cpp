#include "coordinator/core/prediction_grid.hpp"

#include <algorithm>
#include <cmath>

namespace foretide::coordinator {
namespace {

constexpr std::int64_t kSteps[] = {1, 2, 3, 5, 6, 10, 12, 15, 20, 30, 60};
constexpr double kStepsAhead = 6.0;
// A grid looks far enough ahead for starts of up to a tenth more, and not too far for those of two
// thirds.
constexpr double kLongerBy = 1.1, kShorterBy = 1.5;

}  // namespace

PredictionGrid grid_for(Duration start) {
  const double seconds = std::max(0.0, seconds_in(start));
  PredictionGrid grid;
  for (const std::int64_t step : kSteps) {
    if (static_cast<double>(step) * kStepsAhead <= seconds) grid.step_seconds = step;
  }
  const double steps = std::ceil(seconds / static_cast<double>(grid.step_seconds));
  grid.lead_steps =
      static_cast<std::int64_t>(std::clamp(steps, 1.0, static_cast<double>(kLeadStepsMax)));
  return grid;
}

bool still_fits(const PredictionGrid& grid, Duration start) {
  const PredictionGrid now = grid_for(start);
  const auto ahead = static_cast<double>(grid.lead_steps * grid.step_seconds);
  const auto step = static_cast<double>(grid.step_seconds);
  const double wanted = seconds_in(start);
  return now == grid || (wanted <= kLongerBy * ahead && kShorterBy * wanted + step >= ahead);
}

}  // namespace foretide::coordinator
