// A forecast is a distribution, not a point: the forecaster's own number, shifted by every error
// that the same forecaster made lately at the same horizon. If the line said 20 and was wrong by
// -1, 0 and +4 before, demand may be 19, 20 or 24. No shape is assumed for the errors; a forecaster
// that is bad here widens its own spread.
//
// The errors are given in ascending order. The family is small: the textbook line, and persistence.
// Each is a plain function from the seconds known up to an origin to a number `ahead` seconds
// later; it sees nothing after the origin, so the past can be replayed honestly.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/core/demand_series.hpp"

namespace foretide::coordinator {

enum class Forecaster : std::uint8_t { kPersistence, kLine };
inline constexpr Forecaster kForecasters[] = {Forecaster::kPersistence, Forecaster::kLine};
const char* name_of(Forecaster forecaster);

// `origin` is the last second that may be looked at. Nothing when too little is known before it.
std::optional<double> persistence_for(const DemandSeries& series, std::int64_t origin);
// demand = a * t + b by least squares over the last twenty known seconds; never below zero.
std::optional<double> line_for(const DemandSeries& series, std::int64_t origin, double ahead);
std::optional<double> point_for(Forecaster forecaster, const DemandSeries& series,
                                std::int64_t origin, double ahead);

struct Forecast {
  Forecaster forecaster = Forecaster::kPersistence;
  double ahead_seconds = 0.0;
  double point = 0.0;
  std::vector<double> outcomes;  // point + each past error, not below zero, ascending; may be empty

  double mean() const;
  double quantile(double q) const;                // 0 to 1; the point when there are no outcomes
  double expected_excess(double capacity) const;  // E[max(demand - capacity, 0)]
};

Forecast forecast_from(Forecaster forecaster, double ahead_seconds, double point,
                       const std::vector<double>& errors);

}  // namespace foretide::coordinator
