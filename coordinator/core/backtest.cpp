#include "coordinator/core/backtest.hpp"

#include <algorithm>
#include <cmath>

namespace foretide::coordinator {
namespace {

double pinball(double provided, double demand, double quantile) {
  return demand > provided ? quantile * (demand - provided)
                           : (1.0 - quantile) * (provided - demand);
}

}  // namespace

double Backtest::error_quantile() const {
  const double place = quantile_ * static_cast<double>(ascending_.size() - 1);
  return ascending_[static_cast<std::size_t>(std::ceil(place))];
}

void Backtest::judge(const DemandSeries& series, std::int64_t origin) {
  const auto point = point_for(forecaster_, series, origin, static_cast<double>(horizon_));
  const auto actual = series.load(origin + horizon_);
  if (!point || !actual) return;
  Trial trial{.error = *actual - *point};
  if (ascending_.size() >= kErrorsMin) {
    const double upper = std::max(0.0, *point + error_quantile());
    trial.judged = true;
    trial.cost = pinball(upper, *actual, quantile_) + pinball(*point, *actual, 0.5);
  }
  trials_.push_back(trial);
  ascending_.insert(std::upper_bound(ascending_.begin(), ascending_.end(), trial.error),
                    trial.error);
  if (trials_.size() <= static_cast<std::size_t>(kOrigins)) return;
  ascending_.erase(std::lower_bound(ascending_.begin(), ascending_.end(), trials_.front().error));
  trials_.pop_front();
}

void Backtest::advance(const DemandSeries& series) {
  const std::int64_t oldest = std::max(series.first(), series.end() - horizon_ - kOrigins);
  if (!next_origin_ || *next_origin_ < oldest) next_origin_ = oldest;
  for (; *next_origin_ + horizon_ < series.end(); ++*next_origin_) {
    judge(series, *next_origin_);
  }
}

std::vector<double> Backtest::errors() const {
  return ascending_;
}

std::size_t Backtest::judged() const {
  return static_cast<std::size_t>(
      std::count_if(trials_.begin(), trials_.end(), [](const Trial& t) { return t.judged; }));
}

double Backtest::cost() const {
  double sum = 0.0;
  for (const Trial& trial : trials_) sum += trial.cost;
  const std::size_t count = judged();
  return count == 0 ? 0.0 : sum / static_cast<double>(count);
}

}  // namespace foretide::coordinator
