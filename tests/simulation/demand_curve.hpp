// How many requests a second come for one service: a slow wave, steps up and down, and quiet times
// in which nothing comes at all. A function of time alone, drawn once for the run; constant at its
// end, so that the fleet can come to rest.
#pragma once

#include <vector>

#include "common/time.hpp"
#include "tests/simulation/random.hpp"

namespace foretide::simulation {

class DemandCurve {
 public:
  // `typical` requests a second; `may_rest`: there are times without any.
  DemandCurve(Random random, double typical, bool may_rest, Duration steady_from, Duration end);

  double rate(Duration at) const;
  double rate_max() const { return rate_max_; }

 private:
  struct Piece {
    Duration from;
    double rate;
  };
  std::vector<Piece> pieces_;
  double wave_share_, wave_seconds_, rate_max_ = 0.0;
  Duration steady_from_;
};

}  // namespace foretide::simulation
