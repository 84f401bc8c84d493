// Which forecaster speaks for a service, and whether prediction speaks at all.
//
// All run in the shadow over the service's own recent history. The one whose upper quantile cost
// least is chosen; persistence, the simpler, keeps the word unless another is clearly better. Then
// the larger of prediction and the reactive rules is compared with the reactive rules alone: when
// that would not have been cheaper, prediction is off for now and says so, because on such traffic
// looking back is as good as looking ahead.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "coordinator/core/backtest.hpp"
#include "coordinator/core/demand_series.hpp"
#include "coordinator/core/forecast.hpp"

namespace foretide::coordinator {

class ForecastChoice {
 public:
  // Aims the backtests; those of another horizon or quantile begin anew, from what the series
  // holds.
  void aim(std::int64_t horizon, double quantile);
  void advance(const DemandSeries& series, std::int64_t reactive_window);

  Forecaster chosen() const { return chosen_; }
  // Enough history was judged for the choice to mean something.
  bool is_judged() const;
  std::vector<double> errors_of(Forecaster forecaster) const;
  // Prediction may raise the number of workers.
  bool pays() const { return pays_; }
  // A sentence with the figures: why it is on, off, or still learning.
  const std::string& reason() const { return reason_; }

  // With the chosen forecaster, from the newest closed second; nothing when too little is known.
  std::optional<Forecast> forecast(const DemandSeries& series) const;

 private:
  const Backtest& chosen_test() const;
  std::string reason_for_now() const;

  std::array<Backtest, std::size(kForecasters)> tests_;
  Forecaster chosen_ = Forecaster::kPersistence;
  bool pays_ = false;
  std::string reason_ = "learning: nothing is known yet";
};

// The quantile at which a service with this shortage goal is judged: 0.95 for one percent.
double quantile_for(double shortage);

// A forecast at any horizon, by a backtest of its own at that horizon, or at the longest that the
// history allows; where it allows none, the textbook line answers.
std::optional<Forecast> forecast_for(const DemandSeries& series, double ahead_seconds,
                                     double shortage, std::int64_t reactive_window);

}  // namespace foretide::coordinator
