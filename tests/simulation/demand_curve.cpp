#include "tests/simulation/demand_curve.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace foretide::simulation {
namespace {

using Piece = DemandCurve::Piece;
using Pieces = std::vector<Piece>;

// Straight lines between the heights.
void join(Pieces& pieces) {
  for (std::size_t i = 0; i + 1 < pieces.size(); ++i) {
    const double seconds = seconds_in(pieces[i + 1].from - pieces[i].from);
    pieces[i].rise = (pieces[i + 1].rate - pieces[i].rate) / seconds;
  }
}

Pieces habit(Random& random, double typical, Duration end) {
  struct Hour {
    double of_day, height;
  };
  constexpr std::array<Hour, 6> kDay{
      {{0.0, 0.1}, {0.3, 0.15}, {0.36, 1.5}, {0.5, 1.2}, {0.6, 1.9}, {0.8, 0.8}}};
  const double day = random.between(120.0, 360.0);
  Pieces pieces;
  for (double begin = 0.0; Random::seconds(begin) < end; begin += day) {
    for (const Hour& hour : kDay) {
      const double height = hour.height * random.between(0.9, 1.1);
      pieces.push_back({Random::seconds(begin + hour.of_day * day), typical * height});
    }
  }
  join(pieces);
  return pieces;
}

Pieces ramps(Random& random, double typical, Duration end) {
  Pieces pieces;
  for (Duration at{}; at < end; at += random.seconds_between(15.0, 120.0)) {
    pieces.push_back({at, typical * random.between(0.1, 2.0)});
  }
  join(pieces);
  return pieces;
}

Pieces on_off(Random& random, double typical, bool may_rest, Duration end) {
  const Duration on = random.seconds_between(20.0, 120.0), off = random.seconds_between(20.0, 90.0);
  const double low = may_rest ? 0.0 : 0.15 * typical, high = typical * random.between(1.0, 1.9);
  Pieces pieces;
  for (Duration at{}; at < end; at += on + off) {
    pieces.push_back({at, high});
    pieces.push_back({at + on, low});
  }
  return pieces;
}

Pieces flash(Random& random, double typical, Duration end) {
  Pieces pieces{{Duration{}, 0.3 * typical}};
  Duration at = random.seconds_between(40.0, 400.0);
  while (at < end) {
    pieces.push_back({at, typical * random.between(1.5, 3.0)});
    at += random.seconds_between(5.0, 40.0);
    pieces.push_back({at, 0.3 * typical});
    at += random.seconds_between(60.0, 400.0);
  }
  return pieces;
}

}  // namespace

DemandCurve::DemandCurve(Random random, const DemandPlan& plan, Duration steady_from, Duration end)
    : steady_from_(steady_from), steady_(plan.steady) {
  switch (plan.shape) {
    case DemandShape::kSteps:
      wave_share_ = random.between(0.0, 0.5);
      wave_seconds_ = random.between(60.0, 400.0);
      for (Duration at{}; at < end; at += random.seconds_between(10.0, 120.0)) {
        const bool rests = plan.rests && random.chance(0.3);
        pieces_.push_back({at, rests ? 0.0 : plan.typical * random.between(0.1, 2.0)});
        if (at >= steady_from) break;
      }
      break;
    case DemandShape::kFlat:
      pieces_.push_back({Duration{}, plan.typical});
      break;
    case DemandShape::kHabit:
      pieces_ = habit(random, plan.typical, end);
      break;
    case DemandShape::kRamps:
      pieces_ = ramps(random, plan.typical, end);
      break;
    case DemandShape::kOnOff:
      pieces_ = on_off(random, plan.typical, plan.rests, end);
      break;
    case DemandShape::kFlash:
      pieces_ = flash(random, plan.typical, end);
      break;
  }
  for (const Piece& piece : pieces_) rate_max_ = std::max(rate_max_, piece.rate);
  rate_max_ *= 1.0 + wave_share_;
  rate_max_ = std::max(rate_max_, steady_.value_or(0.0));
}

double DemandCurve::line(Duration at) const {
  const auto after =
      std::upper_bound(pieces_.begin(), pieces_.end(), at,
                       [](Duration t, const Piece& piece) { return t < piece.from; });
  const Piece& piece = *std::prev(after);
  return piece.rate + piece.rise * seconds_in(at - piece.from);
}

double DemandCurve::rate(Duration at) const {
  if (steady_ && is_steady(at)) return *steady_;
  const Duration counted = std::min(at, steady_from_);
  const double phase = 2.0 * std::numbers::pi * seconds_in(counted) / wave_seconds_;
  return line(counted) * (1.0 + wave_share_ * std::sin(phase));
}

}  // namespace foretide::simulation
