#include "coordinator/core/predict/moment_traits.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <numbers>

#include "coordinator/core/predict/trend_features.hpp"

namespace foretide::coordinator {
namespace {

void put(std::span<float> row, std::initializer_list<double> values) {
  std::transform(values.begin(), values.end(), row.begin(),
                 [](double value) { return static_cast<float>(value); });
}

// Where the moment that is foretold stands in the day and in the week.
struct Hour {
  double of_day = 0.0, wave = 0.0, of_week = 0.0;
};

Hour hour_of(const MomentView& now) {
  const std::int64_t step = now.history.end() - 1, target = step + now.trend.ahead();
  Hour hour;
  if (now.calendar.knows_day(step)) {
    hour.of_day = Calendar::phase(target, now.calendar.day());
    hour.wave = std::sin(2.0 * std::numbers::pi * hour.of_day);
  }
  if (now.calendar.knows_week(step)) hour.of_week = Calendar::phase(target, now.calendar.week());
  return hour;
}

// How wrong the forecast of this hour was yesterday, if one was made and has been judged.
double error_of_yesterday(const MomentView& now) {
  const std::int64_t step = now.history.end() - 1, yesterday = step - now.calendar.day();
  if (!now.calendar.knows_day(step) || yesterday < now.trend.oldest_kept(step)) return 0.0;
  return now.trend.is_judged(yesterday) ? now.trend.error(yesterday) : 0.0;
}

// What was, a period ago, at the moment that is foretold.
double season_of(const MomentView& now, std::int64_t period, bool is_known) {
  const std::int64_t step = now.history.end() - 1, at = step + now.trend.ahead() - period;
  const bool was_seen = is_known && at + 1 <= step && now.history.reaches(at - 1);
  return was_seen ? now.history.mean_around(at, 1) : 0.0;
}

}  // namespace

void describe_for_errors(const MomentView& now, std::span<float> traits) {
  const DemandHistory& history = now.history;
  const std::int64_t step = history.end() - 1;
  const Hour hour = hour_of(now);
  const double root = history.root(step), foretold = now.trend.root(step);
  put(traits,
      {hour.of_day, hour.wave, hour.of_week, foretold, now.surprises.fast(), now.surprises.slow(),
       now.surprises.worst(), now.surprises.last(), root - level_at(history, step),
       root - history.mean(step, 24), foretold - root, now.trend.width(step),
       error_of_yesterday(now), history.mean(step, 6) - history.mean(step, 48)});
}

void describe_for_outcomes(const MomentView& now, std::span<float> traits) {
  const DemandHistory& history = now.history;
  const std::int64_t step = history.end() - 1;
  const Hour hour = hour_of(now);
  const double root = history.root(step), before = step > 0 ? history.root(step - 1) : 0.0;
  put(traits,
      {hour.of_day, hour.wave, hour.of_week, root, before, root - before, level_at(history, step),
       history.mean(step, 6), history.mean(step, 12), history.mean(step, 48),
       history.mean(step, 192), static_cast<double>(now.side_steps), history.largest(step, 13),
       season_of(now, now.calendar.day(), now.calendar.knows_day(step)),
       season_of(now, now.calendar.week(), now.calendar.knows_week(step)), now.trend.root(step)});
}

void mark_error(double error, std::span<float> marks) {
  const auto size = static_cast<float>(std::clamp(error, -4.0, 6.0));
  marks[0] = 0.5F * size;
  marks[1] = size > 0.8F ? 1.0F : 0.0F;
  marks[2] = size > 1.8F ? 1.4F : 0.0F;
  marks[3] = size > 3.0F ? 2.0F : 0.0F;
}

void mark_outcome(double root, double usual, std::span<float> marks) {
  marks[0] = static_cast<float>(root);
  marks[1] = root > 1.3 * usual ? 1.0F : 0.0F;
  marks[2] = root > 1.7 * usual ? 1.3F : 0.0F;
  marks[3] = root > 2.5 * usual ? 1.7F : 0.0F;
}

}  // namespace foretide::coordinator
