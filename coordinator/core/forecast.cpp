#include "coordinator/core/forecast.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace foretide::coordinator {

const char* name_of(Forecaster forecaster) {
  switch (forecaster) {
    case Forecaster::kPersistence:
      return "persistence";
    case Forecaster::kLine:
      return "line";
  }
  return "";
}

std::optional<double> point_for(Forecaster forecaster, const DemandSeries& series,
                                std::int64_t origin, double ahead) {
  switch (forecaster) {
    case Forecaster::kPersistence:
      return persistence_for(series, origin);
    case Forecaster::kLine:
      return line_for(series, origin, ahead);
  }
  return std::nullopt;
}

Forecast forecast_from(Forecaster forecaster, double ahead_seconds, double point,
                       const std::vector<double>& errors) {
  Forecast forecast{
      .forecaster = forecaster, .ahead_seconds = ahead_seconds, .point = point, .outcomes = errors};
  for (double& outcome : forecast.outcomes) outcome = std::max(0.0, point + outcome);

  return forecast;
}

double Forecast::mean() const {
  if (outcomes.empty()) return point;
  return std::accumulate(outcomes.begin(), outcomes.end(), 0.0) /
         static_cast<double>(outcomes.size());
}

double Forecast::quantile(double q) const {
  if (outcomes.empty()) return point;
  const double place = std::clamp(q, 0.0, 1.0) * static_cast<double>(outcomes.size() - 1);
  return outcomes[static_cast<std::size_t>(std::ceil(place))];
}

double Forecast::expected_excess(double capacity) const {
  if (outcomes.empty()) return std::max(0.0, point - capacity);
  double sum = 0.0;
  for (auto it = outcomes.rbegin(); it != outcomes.rend() && *it > capacity; ++it) {
    sum += *it - capacity;
  }
  return sum / static_cast<double>(outcomes.size());
}

}  // namespace foretide::coordinator
