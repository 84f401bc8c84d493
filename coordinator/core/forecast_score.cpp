#include "coordinator/core/forecast_score.hpp"

#include <algorithm>
#include <cmath>

#include "coordinator/core/demand_past.hpp"
#include "coordinator/core/predict/need_policies.hpp"

namespace foretide::coordinator {
namespace {

constexpr std::int64_t kJudgedMin = 20;
constexpr double kHalfLifeSeconds = 12.0 * 3600.0;
constexpr double kHalfLifeSteps = 500.0;
constexpr std::size_t kAwaitedMost = static_cast<std::size_t>(kLeadStepsMax) + 1;
// Loads are sums of fractions: what is beyond the workers by less than this is not.
constexpr double kRounding = 1e-9;

}  // namespace

std::optional<double> mean_load(const DemandSeries& series, std::int64_t begin, std::int64_t end) {
  KnownMean mean;
  for (std::int64_t second = begin; second < end; ++second) mean.add(series.load(second));
  return mean.mean();
}

void ForecastScore::expect(const AwaitedLoad& forecast) {
  if (!awaited_.empty() && forecast.begin <= awaited_.back().begin) return;
  awaited_.push_back(forecast);
  if (awaited_.size() > kAwaitedMost) awaited_.pop_front();
}

void ForecastScore::settle(const DemandSeries& series) {
  while (!awaited_.empty() && awaited_.front().end <= series.end()) {
    const AwaitedLoad forecast = awaited_.front();
    awaited_.pop_front();
    const auto load = mean_load(series, forecast.begin, forecast.end);
    if (load) judge(forecast, *load);
  }
}

void ForecastScore::judge(const AwaitedLoad& forecast, double load) {
  const auto seconds = static_cast<double>(forecast.end - forecast.begin);
  const double half_life = std::max(kHalfLifeSeconds, kHalfLifeSteps * seconds);
  const double kept = std::exp2(-seconds / half_life);
  const auto grow = [&](double& sum, double by) { sum = sum * kept + seconds * by; };
  grow(weight_, 1.0);
  grow(error_, std::abs(forecast.expected - load));
  grow(error_of_last_, std::abs(forecast.last - load));
  grow(excess_, forecast.expected - load);
  grow(load_, load);
  grow(covered_, load <= forecast.covered * (1.0 + kRounding) ? 1.0 : 0.0);
  ++judged_;
}

bool ForecastScore::knows_enough() const {
  return judged_ >= kJudgedMin;
}

std::optional<double> ForecastScore::error_ratio() const {
  if (!knows_enough() || error_of_last_ <= kRounding * load_) return std::nullopt;
  return error_ / error_of_last_;
}

std::optional<double> ForecastScore::bias() const {
  if (!knows_enough() || load_ <= 0.0) return std::nullopt;
  return excess_ / load_;
}

std::optional<double> ForecastScore::coverage() const {
  if (!knows_enough()) return std::nullopt;
  return covered_ / weight_;
}

}  // namespace foretide::coordinator
