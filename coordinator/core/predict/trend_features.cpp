#include "coordinator/core/predict/trend_features.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "common/check.hpp"

namespace foretide::coordinator {
namespace {

constexpr std::int64_t kLevelSteps = 3;
constexpr std::int64_t kMeans[] = {6, 12, 24, 48, 96, 192};
constexpr int kDaysLookedAt = 5;
// A wave's weight is pulled as hard as if the wave were this high, in roots of workers.
constexpr double kWaveHeight = 0.3;
// Steps that a period must have and that must lie before what is looked at in it.
constexpr std::int64_t kStepsMin = 8, kStepsBefore = 4;

class Row {
 public:
  explicit Row(TrendFeatures& features) : features_(features) {}
  void put(double value) { features_[next_++] = value; }
  void skip(std::size_t count) { next_ += count; }
  std::size_t size() const { return next_; }

 private:
  TrendFeatures& features_;
  std::size_t next_ = 0;
};

// Counts of short steps are noisier: a season is looked at through a wider window.
std::int64_t half_window(const DemandHistory& history) {
  if (history.step_seconds() >= 1800.0) return 0;
  return history.step_seconds() >= 300.0 ? 1 : 3;
}

void put_period(Row& row, const DemandHistory& history, std::int64_t step, std::int64_t ahead,
                std::int64_t period) {
  const std::int64_t half = half_window(history);
  const std::int64_t then = step - period, target = then + ahead;
  const bool seen = period >= kStepsMin && then >= kStepsBefore && target + half <= step &&
                    history.reaches(then - half);
  if (!seen) return row.skip(3);
  const double level = level_at(history, step);
  row.put(history.mean_around(target, half) - level);
  row.put(history.mean_around(then, half) - level);
  const std::int64_t wide = 4 * half + 1;
  row.put(history.mean_around(target, wide) - history.mean_around(then, wide));
}

void put_days(Row& row, const DemandHistory& history, std::int64_t step, std::int64_t ahead,
              std::int64_t day) {
  if (day < kStepsMin || ahead >= day || step - 2 * day < kStepsBefore) return row.skip(2);
  double rise = 0.0, height = 0.0;
  int days = 0;
  for (; days < kDaysLookedAt; ++days) {
    const std::int64_t then = step - (days + 1) * day;
    if (then < kStepsBefore || !history.reaches(then - 1)) break;
    const double at_target = history.mean_around(then + ahead, 1);
    rise += at_target - history.mean_around(then, 1);
    height += at_target;
  }
  if (days == 0) return row.skip(2);
  row.put(rise / days);
  row.put(height / days - level_at(history, step));
}

void put_waves(Row& row, bool known, std::int64_t step, std::int64_t period, int count) {
  if (!known) return row.skip(static_cast<std::size_t>(2 * count));
  const double angle = 2.0 * std::numbers::pi * Calendar::phase(step, period);
  for (int wave = 1; wave <= count; ++wave) {
    row.put(kWaveHeight * std::sin(wave * angle));
    row.put(kWaveHeight * std::cos(wave * angle));
  }
}

}  // namespace

double level_at(const DemandHistory& history, std::int64_t step) {
  return history.mean(step, kLevelSteps);
}

TrendFeatures trend_features(const DemandHistory& history, const Calendar& calendar,
                             std::int64_t step, std::int64_t ahead) {
  TrendFeatures features{};
  Row row(features);
  const double level = level_at(history, step);
  row.put(1.0);
  row.put(history.root(step) - level);
  row.put(step > 0 ? history.root(step - 1) - level : 0.0);
  for (const std::int64_t width : kMeans) {
    row.put(step >= width / 2 ? history.mean(step, width) - level : 0.0);
  }
  put_period(row, history, step, ahead, calendar.day());
  put_period(row, history, step, ahead, calendar.week());
  put_days(row, history, step, ahead, calendar.day());
  put_waves(row, calendar.knows_day(step), step + ahead, calendar.day(), 3);
  put_waves(row, calendar.knows_week(step), step + ahead, calendar.week(), 2);
  CHECK(row.size() == kTrendFeatures, "every feature is put or skipped");
  return features;
}

}  // namespace foretide::coordinator
