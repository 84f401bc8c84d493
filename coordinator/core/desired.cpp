#include "coordinator/core/desired.hpp"

#include <algorithm>
#include <cmath>

namespace foretide::coordinator {
namespace {
// Sums of measured numbers must not buy a worker by their rounding errors.
constexpr double kRounding = 1e-6;
constexpr double kWorkersMax = 1e6;
}  // namespace

double capacity_for(const ServiceSettings& settings) {
  const double hard = settings.capacity_hard.value_or(1u << 30);
  return std::max(0.01, std::min(settings.capacity_soft.value_or(kCapacityPrior), hard));
}

std::uint32_t workers_for(double load, double capacity) {
  if (!(load > 0.0)) return 0;
  return static_cast<std::uint32_t>(std::min(kWorkersMax, std::ceil(load / capacity - kRounding)));
}

std::uint32_t workers_for(const Forecast& forecast, double capacity, double shortage) {
  const double largest = forecast.outcomes.empty() ? forecast.point : forecast.outcomes.back();
  const double allowed = shortage * forecast.mean();
  std::uint32_t enough = workers_for(largest, capacity), short_of = 0;
  if (enough == 0) return 0;
  // The excess falls as n grows: halve the interval (short_of, enough].
  while (enough - short_of > 1) {
    const std::uint32_t middle = short_of + (enough - short_of) / 2;
    const bool suffices = forecast.expected_excess(middle * capacity) <= allowed;
    (suffices ? enough : short_of) = middle;
  }
  return enough;
}

}  // namespace foretide::coordinator
