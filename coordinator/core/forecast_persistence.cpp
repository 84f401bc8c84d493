#include "coordinator/core/forecast.hpp"

namespace foretide::coordinator {
namespace {
// The level of now is a short mean: long enough to see through the noise of single arrivals.
constexpr int kLevelSeconds = 5;
}  // namespace

std::optional<double> persistence_for(const DemandSeries& series, std::int64_t origin) {
  double sum = 0.0;
  int known = 0;
  for (std::int64_t second = origin; second > origin - kLevelSeconds; --second) {
    if (const auto load = series.load(second)) {
      sum += *load;
      ++known;
    }
  }
  if (known == 0) return std::nullopt;
  return sum / known;
}

}  // namespace foretide::coordinator
