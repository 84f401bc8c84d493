#include "deploy/cli/plot_scale.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace foretide::cli {
namespace {

struct Unit {
  const char* name;
  double seconds;
  std::array<double, 6> steps;  // in the unit; finest first
};
constexpr std::array<Unit, 4> kUnits{{{"seconds", 1.0, {1, 2, 5, 10, 15, 30}},
                                      {"minutes", 60.0, {1, 2, 5, 10, 15, 30}},
                                      {"hours", 3600.0, {1, 2, 3, 4, 6, 12}},
                                      {"days", 86400.0, {1, 2, 5, 7, 14, 28}}}};

std::string label_of(double value) {
  char text[32];
  if (value >= 1e6) {
    std::snprintf(text, sizeof text, "%g M", value / 1e6);
  } else {
    std::snprintf(text, sizeof text, "%g", value);
  }
  return text;
}

std::vector<Tick> ticks_by(double step, double most, double unit) {
  std::vector<Tick> ticks;
  for (double i = 0; i * step <= most * (1.0 + 1e-9); ++i) {
    ticks.push_back({i * step * unit, label_of(i * step)});
  }
  return ticks;
}

double round_step_for(double most, std::size_t ticks_max) {
  const double wanted = most / static_cast<double>(ticks_max);
  const double power = std::pow(10.0, std::floor(std::log10(wanted)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= wanted * (1.0 - 1e-9)) return factor * power;
  }
  return 10.0 * power;
}

}  // namespace

std::vector<Tick> ticks_to(double most, std::size_t ticks_max, double least_step) {
  if (!(most > 0.0)) return {{0.0, "0"}};
  return ticks_by(std::max(round_step_for(most, ticks_max), least_step), most, 1.0);
}

TimeAxis time_axis_to(double seconds, std::size_t ticks_max) {
  for (const Unit& unit : kUnits) {
    for (const double step : unit.steps) {
      const double count = seconds / (step * unit.seconds);
      if (count > static_cast<double>(ticks_max)) continue;
      return {unit.name, ticks_by(step, seconds / unit.seconds, unit.seconds)};
    }
  }
  const double days = seconds / 86400.0;
  return {"days", ticks_by(round_step_for(days, ticks_max), days, 86400.0)};
}

}  // namespace foretide::cli
