// How many requests a second a load generator sends at each moment of its run. Open loop: the rate
// is the world's, not the server's, so a slow answer does not slow the asking down.
//
//     wave   from low to high and back, as half a day does: one cosine over `period`
//     ramp   from low to high in a straight line
//     step   low for the first third, high for the second, low again
#pragma once

#include <optional>
#include <string>

#include "common/result.hpp"

namespace foretide::cli {

struct LoadShape {
  enum class Kind { kWave, kRamp, kStep };
  Kind kind = Kind::kWave;
  double low_rps = 1.0, high_rps = 1.0;  // requests/s
  double seconds = 60.0;                 // of the whole run
  double period_seconds = 60.0;          // of one wave

  double rate_at(double second) const;
  // The integral of the rate: so many requests are due by then.
  double due_by(double second) const;
};

std::optional<LoadShape::Kind> shape_named(const std::string& name);

// "5..60" or "20".
Result<std::pair<double, double>> parse_rates(const std::string& text);

}  // namespace foretide::cli
