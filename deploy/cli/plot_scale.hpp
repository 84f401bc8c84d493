// The ticks of an axis: round numbers, few enough to be read. For a count up to 437 they are 0,
// 100, 200, 300, 400; for a time of 27 days whole days, for one of two minutes tens of seconds.
#pragma once

#include <string>
#include <vector>

namespace foretide::cli {

struct Tick {
  double value = 0.0;
  std::string label;
};

// From 0 to `most`, by 1, 2 or 5 times a power of ten and never finer than `least_step`.
std::vector<Tick> ticks_to(double most, std::size_t ticks_max, double least_step = 0.0);

struct TimeAxis {
  std::string unit;         // "days", "hours", "minutes", "seconds"
  std::vector<Tick> ticks;  // values in seconds, labels in the unit
};
TimeAxis time_axis_to(double seconds, std::size_t ticks_max);

}  // namespace foretide::cli
