// The linear forecast at one distance, with a record of how wrong it was: for each of the last
// 4,096 steps how wide of the mark what was foretold then was expected to be, and how wide it was.
//
// The expected width is a second linear forecast, of the logarithm of the error's size, from how
// wrong the forecasts were lately, how high demand is and what hour it is. Errors over their
// expected widths are alike by day and by night, so those of calm hours can speak for wild ones.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "coordinator/core/predict/calendar.hpp"
#include "coordinator/core/predict/demand_history.hpp"
#include "coordinator/core/predict/forecast_ridge.hpp"
#include "coordinator/core/predict/surprises.hpp"
#include "coordinator/core/predict/trend_features.hpp"

namespace foretide::coordinator {

class TrendForecast {
 public:
  static constexpr std::int64_t kKept = 4096;

  explicit TrendForecast(std::int64_t ahead);

  // The oldest step of which forecasts are kept when `step` is the newest.
  static std::int64_t oldest_kept(std::int64_t step) {
    return std::max<std::int64_t>(0, step - kKept + 1);
  }

  std::int64_t ahead() const { return ahead_; }

  // The newest step is known: learns from what was foretold for it, if anything was. What was
  // foretold for a step of which nothing is known is never judged.
  void learn(std::int64_t step, double root);
  void forecast(const DemandHistory& history, const Calendar& calendar, const Surprises& surprises);

  // What was forecast at `step`, the newest.
  double root(std::int64_t step) const { return pending_[place(step)].root; }
  // Of forecasts made at `step`, one of the last kKept.
  double width(std::int64_t step) const { return record(step).width; }
  bool is_judged(std::int64_t step) const { return step >= 0 && record(step).is_judged(); }
  double error(std::int64_t step) const { return record(step).error; }

 private:
  static constexpr std::size_t kWidthFeatures = 9;
  using WidthFeatures = std::array<double, kWidthFeatures>;
  // A width of zero: nothing was foretold; an error that is no number: it is not judged yet.
  struct Record {
    float width = 0.0F, error = std::numeric_limits<float>::quiet_NaN();
    bool is_judged() const { return !std::isnan(error); }
  };
  struct Pending {
    TrendFeatures trend;
    WidthFeatures width;
    double level = 0.0;
    float root = 0.0F;
  };

  WidthFeatures width_features(const DemandHistory& history, const Calendar& calendar,
                               const Surprises& surprises, double root) const;
  // Here, because thousands are read each step.
  const Record& record(std::int64_t step) const {
    return records_[static_cast<std::size_t>(step) % static_cast<std::size_t>(kKept)];
  }
  Record& record(std::int64_t step) {
    return records_[static_cast<std::size_t>(step) % static_cast<std::size_t>(kKept)];
  }
  std::size_t place(std::int64_t step) const {
    return static_cast<std::size_t>(step) % pending_.size();
  }

  std::int64_t ahead_, made_ = 0;
  ForgettingRidge trend_, width_;
  std::vector<Record> records_;
  std::vector<Pending> pending_;
};

}  // namespace foretide::coordinator
