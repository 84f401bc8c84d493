// What the linear forecast looks at: the last steps, means over longer and longer stretches, the
// same time yesterday and last week together with the level then, and waves of a day and a week.
//
// All are differences to the mean of the last three steps, the level. So a weight of zero means
// "as now", which is what the forecast says before it has learned anything; and yesterday counts by
// how much demand rose from then to the hour in question, not by how large it was.
#pragma once

#include <array>
#include <cstdint>

#include "coordinator/core/predict/calendar.hpp"
#include "coordinator/core/predict/demand_history.hpp"

namespace foretide::coordinator {

inline constexpr std::size_t kTrendFeatures = 27;
using TrendFeatures = std::array<double, kTrendFeatures>;

// The mean that a forecast made at `step` starts from.
double level_at(const DemandHistory& history, std::int64_t step);

// For a forecast made at `step` of what is `ahead` steps later. Looks at nothing after `step`.
TrendFeatures trend_features(const DemandHistory& history, const Calendar& calendar,
                             std::int64_t step, std::int64_t ahead);

}  // namespace foretide::coordinator
