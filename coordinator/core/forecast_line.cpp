#include <Eigen/Dense>
#include <algorithm>

#include "coordinator/core/forecast.hpp"

namespace foretide::coordinator {
namespace {

constexpr int kPoints = 20;
constexpr int kPointsMin = 3;
// Known seconds may be scattered over a gap; older ones than this say nothing about a slope.
constexpr std::int64_t kSpanSeconds = 40;

}  // namespace

std::optional<double> line_for(const DemandSeries& series, std::int64_t origin, double ahead) {
  Eigen::Matrix<double, kPoints, 1> times, loads;
  int count = 0;
  for (std::int64_t second = origin; second > origin - kSpanSeconds && count < kPoints; --second) {
    const auto load = series.load(second);
    if (!load) continue;
    times(count) = static_cast<double>(second - origin);
    loads(count) = *load;
    ++count;
  }
  if (count < kPointsMin) return std::nullopt;
  // a = sum((t - mean t)(d - mean d)) / sum((t - mean t)^2), b = mean d - a * mean t
  const auto t = times.head(count);
  const auto d = loads.head(count);
  const double mean_t = t.mean(), mean_d = d.mean();
  const double spread = (t.array() - mean_t).square().sum();
  const double a = ((t.array() - mean_t) * (d.array() - mean_d)).sum() / spread;
  return std::max(0.0, mean_d + a * (ahead - mean_t));
}

}  // namespace foretide::coordinator
