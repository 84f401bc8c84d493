#include "coordinator/core/predict/trend_forecast.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace foretide::coordinator {
namespace {

// In steps. A trend is forgotten slowly; forty days of five-minute steps made no difference.
constexpr double kTrendHalfLife = 2000.0, kTrendPull = 0.05;
constexpr double kWidthHalfLife = 1600.0, kWidthPull = 0.5;
// Logarithms of sizes near zero are cut off here; roots of workers.
constexpr double kTiny = 0.02;
// The mean of a logarithm lies below the logarithm of the mean; for a normal error by this factor.
constexpr double kWidthOfMeanLog = 1.8;
constexpr double kWidthLogMin = -4.0, kWidthLogMax = 3.0;
constexpr std::int64_t kWidthLearnedAfter = 60;

}  // namespace

TrendForecast::TrendForecast(std::int64_t ahead)
    : ahead_(ahead),
      trend_(kTrendFeatures, kTrendHalfLife, kTrendPull),
      width_(kWidthFeatures, kWidthHalfLife, kWidthPull),
      records_(static_cast<std::size_t>(kKept)),
      pending_(static_cast<std::size_t>(ahead) + 1) {}

void TrendForecast::learn(std::int64_t step, double root) {
  const std::int64_t made_at = step - ahead_;
  if (made_at < 0) return;
  Record& made = record(made_at);
  if (made.width == 0.0F) return;
  const Pending& then = pending_[place(made_at)];
  made.error = static_cast<float>(root) - then.root;
  trend_.add(then.trend, root - then.level);
  trend_.solve();
  width_.add(then.width, std::log(std::abs(made.error) + kTiny));
  width_.solve();
}

TrendForecast::WidthFeatures TrendForecast::width_features(const DemandHistory& history,
                                                           const Calendar& calendar,
                                                           const Surprises& surprises,
                                                           double root) const {
  const std::int64_t step = history.end() - 1;
  const double now = history.root(step);
  WidthFeatures features{1.0,
                         std::log(surprises.fast() + kTiny),
                         std::log(surprises.slow() + kTiny),
                         std::log(surprises.worst() + kTiny),
                         std::log(root + 0.1),
                         std::log(std::abs(root - level_at(history, step)) + 0.05),
                         std::log(std::abs(now - history.mean(step, 24)) + 0.05)};
  if (calendar.knows_day(step)) {
    const double angle = 2.0 * std::numbers::pi * Calendar::phase(step + ahead_, calendar.day());
    features[7] = 0.5 * std::sin(angle);
    features[8] = 0.5 * std::cos(angle);
  }
  return features;
}

void TrendForecast::forecast(const DemandHistory& history, const Calendar& calendar,
                             const Surprises& surprises) {
  const std::int64_t step = history.end() - 1;
  Pending& now = pending_[place(step)];
  now.trend = trend_features(history, calendar, step, ahead_);
  now.level = level_at(history, step);
  const double root = std::max(0.0, now.level + trend_.answer(now.trend));
  now.width = width_features(history, calendar, surprises, root);
  double width = std::max(0.05, surprises.slow());
  if (made_++ > kWidthLearnedAfter) {
    width = kWidthOfMeanLog *
            std::exp(std::clamp(width_.answer(now.width), kWidthLogMin, kWidthLogMax));
  }
  now.root = static_cast<float>(root);
  record(step) = {.width = static_cast<float>(width)};
}

}  // namespace foretide::coordinator
