#include "tests/simulation/demand_curve.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace foretide::simulation {

DemandCurve::DemandCurve(Random random, double typical, bool may_rest, Duration steady_from,
                         Duration end)
    : wave_share_(random.between(0.0, 0.5)),
      wave_seconds_(random.between(60.0, 400.0)),
      steady_from_(steady_from) {
  for (Duration at{}; at < end; at += random.seconds_between(10.0, 120.0)) {
    const bool rests = may_rest && random.chance(0.3);
    pieces_.push_back({at, rests ? 0.0 : typical * random.between(0.1, 2.0)});
    rate_max_ = std::max(rate_max_, pieces_.back().rate * (1.0 + wave_share_));
    if (at >= steady_from) break;
  }
}

double DemandCurve::rate(Duration at) const {
  const Duration counted = std::min(at, steady_from_);
  const auto after =
      std::upper_bound(pieces_.begin(), pieces_.end(), counted,
                       [](Duration t, const Piece& piece) { return t < piece.from; });
  const double phase = 2.0 * std::numbers::pi * seconds_in(counted) / wave_seconds_;
  return std::prev(after)->rate * (1.0 + wave_share_ * std::sin(phase));
}

}  // namespace foretide::simulation
