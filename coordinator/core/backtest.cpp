#include "coordinator/core/backtest.hpp"

#include <algorithm>
#include <cmath>

namespace foretide::coordinator {
namespace {

double pinball(double provided, double demand, double quantile) {
  return demand > provided ? quantile * (demand - provided)
                           : (1.0 - quantile) * (provided - demand);
}

// What the reactive rules keep served at `origin`: the largest load of their window.
double reactive_level(const DemandSeries& series, std::int64_t origin, std::int64_t window) {
  double largest = 0.0;
  for (std::int64_t second = origin; second > origin - window; --second) {
    largest = std::max(largest, series.load(second).value_or(0.0));
  }
  return largest;
}

}  // namespace

double Backtest::error_quantile() const {
  const double place = quantile_ * static_cast<double>(ascending_.size() - 1);
  return ascending_[static_cast<std::size_t>(std::ceil(place))];
}

void Backtest::judge(const DemandSeries& series, std::int64_t origin,
                     std::int64_t reactive_window) {
  const auto point = point_for(forecaster_, series, origin, static_cast<double>(horizon_));
  const auto actual = series.load(origin + horizon_);
  if (!point || !actual) return;
  Trial trial{.error = *actual - *point};
  if (ascending_.size() >= kErrorsMin) {
    const double upper = std::max(0.0, *point + error_quantile());
    const double reactive = reactive_level(series, origin, reactive_window);
    trial.judged = true;
    trial.cost = pinball(upper, *actual, quantile_) + pinball(*point, *actual, 0.5);
    trial.reactive_cost = pinball(reactive, *actual, quantile_);
    trial.joint_cost = pinball(std::max(upper, reactive), *actual, quantile_);
  }
  trials_.push_back(trial);
  ascending_.insert(std::upper_bound(ascending_.begin(), ascending_.end(), trial.error),
                    trial.error);
  if (trials_.size() <= static_cast<std::size_t>(kOrigins)) return;
  ascending_.erase(std::lower_bound(ascending_.begin(), ascending_.end(), trials_.front().error));
  trials_.pop_front();
}

void Backtest::advance(const DemandSeries& series, std::int64_t reactive_window) {
  const std::int64_t oldest = std::max(series.first(), series.end() - horizon_ - kOrigins);
  if (!next_origin_ || *next_origin_ < oldest) next_origin_ = oldest;
  for (; *next_origin_ + horizon_ < series.end(); ++*next_origin_) {
    judge(series, *next_origin_, reactive_window);
  }
}

std::vector<double> Backtest::errors() const {
  return ascending_;
}

std::size_t Backtest::judged() const {
  return static_cast<std::size_t>(
      std::count_if(trials_.begin(), trials_.end(), [](const Trial& t) { return t.judged; }));
}

namespace {
template <class Trials, class Field>
double mean_of(const Trials& trials, Field field) {
  double sum = 0.0;
  int count = 0;
  for (const auto& trial : trials) {
    if (!trial.judged) continue;
    sum += trial.*field;
    ++count;
  }
  return count == 0 ? 0.0 : sum / count;
}
}  // namespace

double Backtest::cost() const {
  return mean_of(trials_, &Trial::cost);
}
double Backtest::reactive_cost() const {
  return mean_of(trials_, &Trial::reactive_cost);
}
double Backtest::joint_cost() const {
  return mean_of(trials_, &Trial::joint_cost);
}

}  // namespace foretide::coordinator
