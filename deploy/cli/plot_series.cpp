#include "deploy/cli/plot_series.hpp"

#include <algorithm>
#include <cmath>

namespace foretide::cli {
namespace {

constexpr double kSeenPixels = 1.0;  // what is smaller is drawn so large

struct Envelope {
  std::optional<double> least, most;
};

std::size_t columns_of(const PlotArea& area) {
  return static_cast<std::size_t>(std::max(1.0, std::floor(area.width)));
}

std::vector<Envelope> envelopes_of(const Series& series, std::size_t columns) {
  std::vector<Envelope> envelopes(columns);
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (!series[i]) continue;
    Envelope& column = envelopes[i * columns / series.size()];
    column.least = std::min(column.least.value_or(*series[i]), *series[i]);
    column.most = std::max(column.most.value_or(*series[i]), *series[i]);
  }
  return envelopes;
}

SvgPath stairs_of(const Series& series, const PlotArea& area) {
  const double step = area.width / static_cast<double>(series.size());
  SvgPath path;
  std::optional<double> former;
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (series[i]) {
      const double x = area.left + static_cast<double>(i) * step, y = area.y(*series[i]);
      if (!former) path.move({x, y});
      if (former && *former != *series[i]) path.line({x, y});
      path.line({x + step, y});
    }
    former = series[i];
  }
  return path;
}

// Up and down each column, from whichever of its ends is nearer to where the line is.
SvgPath strokes_of(const std::vector<Envelope>& columns, const PlotArea& area) {
  SvgPath path;
  std::optional<double> former;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto [least, most] = columns[i];
    if (!least) {
      former.reset();
      continue;
    }
    double first = *least, last = *most;
    if (former && std::abs(*former - last) < std::abs(*former - first)) std::swap(first, last);
    const double x = area.left + static_cast<double>(i) + 0.5;
    if (former) {
      path.line({x, area.y(first)});
    } else {
      path.move({x, area.y(first)});
    }
    if (last != first) path.line({x, area.y(last)});
    former = last;
  }
  return path;
}

// The step of the largest excess in each column; none: no excess there.
std::vector<std::optional<std::size_t>> worst_steps(const Series& upper, const Series& lower,
                                                    std::size_t columns) {
  std::vector<std::optional<std::size_t>> worst(columns);
  const auto excess = [&](std::size_t i) { return *upper[i] - *lower[i]; };
  for (std::size_t i = 0; i < upper.size(); ++i) {
    if (!upper[i] || !lower[i] || excess(i) <= 0.0) continue;
    auto& column = worst[i * columns / upper.size()];
    if (!column || excess(i) > excess(*column)) column = i;
  }
  return worst;
}

}  // namespace

SvgPath path_of(const Series& series, const PlotArea& area) {
  const std::size_t columns = columns_of(area);
  return series.size() <= columns ? stairs_of(series, area)
                                  : strokes_of(envelopes_of(series, columns), area);
}

SvgPath excess_of(const Series& upper, const Series& lower, const PlotArea& area) {
  const std::size_t columns = std::min(columns_of(area), upper.size());
  const auto worst = worst_steps(upper, lower, columns);
  const double width = area.width / static_cast<double>(columns);
  SvgPath path;
  for (std::size_t i = 0; i < worst.size(); ++i) {
    if (!worst[i]) continue;
    const double top = area.y(*upper[*worst[i]]);
    const double height = std::max(kSeenPixels, area.y(*lower[*worst[i]]) - top);
    path.box({area.left + static_cast<double>(i) * width, top}, width, height);
  }
  return path;
}

}  // namespace foretide::cli
