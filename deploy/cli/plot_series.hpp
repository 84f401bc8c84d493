// A series of values in time as paths across so many pixels.
//
// A value holds for its whole step, so each is drawn as a level, as stairs. Where there are more
// steps than pixels, each pixel shows the lowest and the highest value that fall on it: a peak of
// one step in ten thousand stays as high as it was. What is not known is a gap.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "deploy/cli/svg.hpp"

namespace foretide::cli {

using Series = std::vector<std::optional<double>>;

// Where a panel lies in the picture, and what its upper edge stands for; what is higher is cut
// there.
struct PlotArea {
  double left = 0.0, top = 0.0, width = 0.0, height = 0.0;
  double value_max = 1.0;

  double y(double value) const {
    return top + height * (1.0 - std::min(value, value_max) / value_max);
  }
  double bottom() const { return top + height; }
  double right() const { return left + width; }
};

SvgPath path_of(const Series& series, const PlotArea& area);

// Filled where `upper` is above `lower`; where several steps fall on a pixel, by the largest excess
// of them.
SvgPath excess_of(const Series& upper, const Series& lower, const PlotArea& area);

}  // namespace foretide::cli
