#include "coordinator/core/forecast_choice.hpp"

#include <algorithm>
#include <cmath>

namespace foretide::coordinator {
namespace {

// Seconds of judged history before the line may speak, and by how much it must be the cheaper.
constexpr std::size_t kJudgedMin = 20;
constexpr double kClearlyBetter = 0.97;

std::size_t index_of(Forecaster forecaster) {
  return static_cast<std::size_t>(forecaster);
}

}  // namespace

double quantile_for(double shortage) {
  return std::clamp(1.0 - 5.0 * shortage, 0.5, 0.99);
}

const Backtest& ForecastChoice::chosen_test() const {
  return tests_[index_of(chosen_)];
}

void ForecastChoice::aim(std::int64_t horizon, double quantile) {
  for (const Forecaster forecaster : kForecasters) {
    Backtest& test = tests_[index_of(forecaster)];
    if (test.forecaster() == forecaster && test.horizon() == horizon &&
        test.quantile() == quantile) {
      continue;
    }
    test = Backtest(forecaster, horizon, quantile);
  }
}

void ForecastChoice::advance(const DemandSeries& series) {
  for (Backtest& test : tests_) test.advance(series);
  chosen_ = Forecaster::kPersistence;
  for (const Forecaster forecaster : kForecasters) {
    const Backtest& test = tests_[index_of(forecaster)];
    if (test.judged() < kJudgedMin) continue;
    if (test.cost() < kClearlyBetter * chosen_test().cost()) chosen_ = forecaster;
  }
}

bool ForecastChoice::is_judged() const {
  return chosen_test().judged() >= kJudgedMin;
}

std::vector<double> ForecastChoice::errors_of(Forecaster forecaster) const {
  return tests_[index_of(forecaster)].errors();
}

namespace {

// The longest horizon, up to the wanted one, at which this history can judge forecasters at all.
std::int64_t judged_horizon(const DemandSeries& series, std::int64_t wanted) {
  const auto known = series.end() - series.known_since().value_or(series.end());
  const auto needed = static_cast<std::int64_t>(Backtest::kErrorsMin + kJudgedMin) + 5;
  return std::clamp<std::int64_t>(known - needed, 1, std::min(wanted, Backtest::kOrigins));
}

}  // namespace

std::optional<Forecast> forecast_for(const DemandSeries& series, double ahead_seconds,
                                     double shortage) {
  const double ahead = std::max(1.0, ahead_seconds);
  const std::int64_t horizon =
      judged_horizon(series, static_cast<std::int64_t>(std::min(ahead, 86400.0)));
  ForecastChoice choice;
  choice.aim(horizon, quantile_for(shortage));
  choice.advance(series);
  const Forecaster best = choice.is_judged() ? choice.chosen() : Forecaster::kLine;
  const auto point = point_for(best, series, series.end() - 1, ahead);
  if (!point) return std::nullopt;
  // Errors of a nearer horizon grow like a random walk's, with the square root of the distance.
  std::vector<double> errors = choice.errors_of(best);
  const double growth = std::sqrt(ahead / static_cast<double>(horizon));
  for (double& error : errors) error *= growth;
  return forecast_from(best, ahead, *point, errors);
}

}  // namespace foretide::coordinator
