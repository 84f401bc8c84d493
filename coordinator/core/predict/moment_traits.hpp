// What a moment looks like in numbers, and how it went on: the rows that the two forests of
// need_policies.hpp part moments by.
//
// The marks of how it went on say beside the size itself whether it was large, very large and
// enormous, so that trees part moments by what is dangerous and not by the mean alone.
#pragma once

#include <cstdint>
#include <span>

#include "coordinator/core/predict/calendar.hpp"
#include "coordinator/core/predict/demand_history.hpp"
#include "coordinator/core/predict/surprises.hpp"
#include "coordinator/core/predict/trend_forecast.hpp"

namespace foretide::coordinator {

inline constexpr std::size_t kErrorTraits = 14, kOutcomeTraits = 16, kMarks = 4;

// The newest step, as it is looked at. `trend` is the forecast of the lead time's end.
struct MomentView {
  const DemandHistory& history;
  const Calendar& calendar;
  const Surprises& surprises;
  const TrendForecast& trend;
  std::int64_t side_steps = 0;  // for how long demand has been above, or below, its usual
};

// By what the forecast's error may depend on.
void describe_for_errors(const MomentView& now, std::span<float> traits);
// By what demand itself may depend on.
void describe_for_outcomes(const MomentView& now, std::span<float> traits);

// An error over its expected width.
void mark_error(double error, std::span<float> marks);
// A demand's root, and the usual one's.
void mark_outcome(double root, double usual, std::span<float> marks);

}  // namespace foretide::coordinator
