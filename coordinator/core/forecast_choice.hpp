// A forecast at whatever distance somebody asks for: POST /scale, GET /v1/services/NAME/forecast.
//
// Decisions are made from coordinator/core/predict, which looks as far ahead as a worker needs to
// start. Here two plain forecasters are tried at the distance in question on the service's own last
// minutes, and the one whose upper quantile cost least answers; persistence, the simpler, unless
// the line is clearly better.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "coordinator/core/backtest.hpp"
#include "coordinator/core/demand_series.hpp"
#include "coordinator/core/forecast.hpp"

namespace foretide::coordinator {

class ForecastChoice {
 public:
  // Aims the backtests; those of another horizon or quantile begin anew, from what the series
  // holds.
  void aim(std::int64_t horizon, double quantile);
  void advance(const DemandSeries& series);

  Forecaster chosen() const { return chosen_; }
  // Enough history was judged for the choice to mean something.
  bool is_judged() const;
  std::vector<double> errors_of(Forecaster forecaster) const;

 private:
  const Backtest& chosen_test() const;

  std::array<Backtest, std::size(kForecasters)> tests_;
  Forecaster chosen_ = Forecaster::kPersistence;
};

// The quantile at which a service with this shortage goal is judged: 0.95 for one percent.
double quantile_for(double shortage);

// A forecast at any horizon, by a backtest of its own at that horizon, or at the longest that the
// history allows; where it allows none, the textbook line answers.
std::optional<Forecast> forecast_for(const DemandSeries& series, double ahead_seconds,
                                     double shortage);

}  // namespace foretide::coordinator
