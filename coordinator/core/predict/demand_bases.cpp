#include "coordinator/core/predict/demand_bases.hpp"

#include <algorithm>

#include "coordinator/core/predict/trend_features.hpp"

namespace foretide::coordinator {
namespace {

constexpr std::int64_t kLookedThrough = 720;  // steps, for the largest of a time

std::int64_t steps_within(double seconds, double step_seconds, std::int64_t least) {
  return std::clamp(static_cast<std::int64_t>(seconds / step_seconds), least, kLookedThrough);
}

// The largest demand from now to the end of the lead time, as it was yesterday and a week ago.
double season_max(const DemandHistory& history, const Calendar& calendar, std::int64_t ahead) {
  const std::int64_t step = history.end() - 1;
  double most = level_at(history, step);
  for (const std::int64_t period : {calendar.day(), calendar.week()}) {
    if (period <= 1 || step - period < 1 || !history.reaches(step - period + 1)) continue;
    const std::int64_t end = std::min(step, step - period + ahead + 1);
    for (std::int64_t at = step - period + 1; at <= end; ++at) {
      most = std::max(most, history.mean_around(at, 0));
    }
  }
  return most;
}

}  // namespace

DemandBases::DemandBases(std::int64_t ahead) : ahead_(ahead) {
  for (auto& ring : rings_) ring.resize(static_cast<std::size_t>(kKept));
}

void DemandBases::put(Base base, std::int64_t step, double root) {
  rings_[static_cast<std::size_t>(base)][static_cast<std::size_t>(step % kKept)] =
      static_cast<float>(root);
}

void DemandBases::note(const DemandHistory& history, const Calendar& calendar) {
  const std::int64_t step = history.end() - 1;
  const double seconds = history.step_seconds();
  put(Base::kQuarterHour, step, history.largest(step, steps_within(900, seconds, 1)));
  put(Base::kTwoHours, step, history.largest(step, steps_within(7200, seconds, 2)));
  put(Base::kSeason, step, season_max(history, calendar, ahead_));
}

}  // namespace foretide::coordinator
