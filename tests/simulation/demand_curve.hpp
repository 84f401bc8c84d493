// How many requests a second come for one service. A function of time alone, drawn once for the
// run; constant at its end, so that the fleet can come to rest.
//
//   steps   up and down at random, under a slow wave; perhaps with times in which nothing comes
//   flat    always the same
//   habit   a day of some minutes, the same every day: night, a steep morning, noon, evening
//   ramps   straight from one height to the next
//   on/off  much and next to nothing (or nothing) by turns
//   flash   little, and now and then many times as much for some seconds
#pragma once

#include <optional>
#include <vector>

#include "common/time.hpp"
#include "tests/simulation/random.hpp"

namespace foretide::simulation {

enum class DemandShape { kSteps, kFlat, kHabit, kRamps, kOnOff, kFlash };
inline constexpr int kDemandShapes = 6;

struct DemandPlan {
  DemandShape shape = DemandShape::kSteps;
  double typical = 5.0;          // requests a second
  bool rests = false;            // has times without any request
  std::optional<double> steady;  // at its end; absent: as it was then
};

class DemandCurve {
 public:
  // A straight line from a moment until the next one's.
  struct Piece {
    Duration from;
    double rate;
    double rise = 0.0;  // a second
  };

  DemandCurve(Random random, const DemandPlan& plan, Duration steady_from, Duration end);

  double rate(Duration at) const;
  double rate_max() const { return rate_max_; }
  Duration steady_from() const { return steady_from_; }
  bool is_steady(Duration at) const { return at >= steady_from_; }

 private:
  double line(Duration at) const;

  std::vector<Piece> pieces_;
  double wave_share_ = 0.0, wave_seconds_ = 1.0, rate_max_ = 0.0;
  Duration steady_from_;
  std::optional<double> steady_;
};

}  // namespace foretide::simulation
