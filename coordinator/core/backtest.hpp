// What a forecaster would have said over the last minutes, and how wrong it would have been: its
// errors at one horizon, and what its upper quantile would have cost.
//
// At each past second the forecaster is asked with what was known then, and its answer is compared
// with the load `horizon` seconds later once that is known. Missing seconds are skipped. The cost
// is the pinball loss at `quantile`: too little costs `quantile` per unit of load, too much the
// rest, which is what running short and running spare cost when a service wants `1 - quantile` of
// its moments short. Every error spread used at an origin comes from before that origin. Bounded:
// the last 300 origins; moved on by one origin a second, so that a decision costs microseconds.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "coordinator/core/demand_series.hpp"
#include "coordinator/core/forecast.hpp"

namespace foretide::coordinator {

class Backtest {
 public:
  static constexpr std::int64_t kOrigins = 300;
  static constexpr std::size_t kErrorsMin = 20;

  Backtest() = default;
  Backtest(Forecaster forecaster, std::int64_t horizon, double quantile)
      : forecaster_(forecaster), horizon_(horizon), quantile_(quantile) {}

  // Takes in whatever became known.
  void advance(const DemandSeries& series);

  Forecaster forecaster() const { return forecaster_; }
  std::int64_t horizon() const { return horizon_; }
  double quantile() const { return quantile_; }
  std::size_t count() const { return trials_.size(); }
  std::vector<double> errors() const;
  double cost() const;         // mean: its upper quantile's, and its point's as a median
  std::size_t judged() const;  // origins that the cost is over

 private:
  struct Trial {
    double error = 0.0;
    bool judged = false;  // enough errors were known before it
    double cost = 0.0;
  };
  void judge(const DemandSeries& series, std::int64_t origin);
  double error_quantile() const;

  Forecaster forecaster_ = Forecaster::kPersistence;
  std::int64_t horizon_ = 1;
  double quantile_ = 0.95;
  std::optional<std::int64_t> next_origin_;
  std::deque<Trial> trials_;
  std::vector<double> ascending_;  // the trials' errors, kept sorted
};

}  // namespace foretide::coordinator
