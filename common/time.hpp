// The two clocks, kept apart by type. An Instant is a reading of this host's monotonic clock and
// serves every age, deadline and rate; a WallTime serves display, seasons and schedules. Neither is
// ever compared with another host's. Core code receives both as values and reads no clock.
#pragma once

#include <chrono>

namespace foretide {

using Duration = std::chrono::nanoseconds;
using Instant = std::chrono::time_point<std::chrono::steady_clock, Duration>;
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

inline double seconds_in(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace foretide
