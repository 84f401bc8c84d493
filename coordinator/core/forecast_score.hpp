// How good the forecasts of a service's load have been. Each one that was given is kept until the
// time that it spoke of has passed, and is then held against the load that came.
//
// The measure is the mean absolute error over that of the plainest forecast, which says that all
// stays as it is: 0.6 means two fifths better than knowing nothing of the future, 1.2 that one had
// better not have looked. Beside it the bias (0.1: a tenth of the load too much was expected) and
// the coverage, the share of time whose load the workers asked for could have carried.
//
// Every step weighs as long as it lasts, and half as much after half a day, or after 500 steps
// where those are longer. Load that is not known judges nobody. Bounded: one forecast waits for
// each step of the lead time.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "coordinator/core/demand_series.hpp"

namespace foretide::coordinator {

// A forecast that waits for its time, of the mean load over [begin, end), in seconds of the series.
struct AwaitedLoad {
  std::int64_t begin = 0, end = 0;
  double expected = 0.0;
  double covered = 0.0;  // what the workers asked for can carry
  double last = 0.0;     // the load that was known last when it was given
};

class ForecastScore {
 public:
  // What does not begin later than the one before is no new forecast and is left out.
  void expect(const AwaitedLoad& forecast);
  // Judges everything whose time the series has closed.
  void settle(const DemandSeries& series);

  // Nothing before twenty were judged.
  std::optional<double> error_ratio() const;  // nor where the load never changed
  std::optional<double> bias() const;         // nor where there was none
  std::optional<double> coverage() const;

 private:
  void judge(const AwaitedLoad& forecast, double load);
  bool knows_enough() const;

  std::deque<AwaitedLoad> awaited_;  // oldest first
  std::int64_t judged_ = 0;
  double weight_ = 0.0, error_ = 0.0, error_of_last_ = 0.0, excess_ = 0.0, load_ = 0.0,
         covered_ = 0.0;
};

// The mean of the known seconds in [begin, end); nothing when less than half are known.
std::optional<double> mean_load(const DemandSeries& series, std::int64_t begin, std::int64_t end);

}  // namespace foretide::coordinator
