// The rule "scheduled": what the cluster file says of times of the week and of the year.
//
// A shop opens at eight, so its staff are called in time to stand there at eight: a window counts
// from a lead time before it begins until it ends. Of those that count, the largest wins. When none
// does, the rule wants nobody and says which begins next. A service sleeps in no window, since the
// rule's word counts for a sleeping service as for any other.
//
// A window's times are those of its zone's clocks as `time_zone` reads them, so that a skipped time
// is met as the clocks jump, and a repeated one once. Of one that would begin and end within the
// skipped hour nothing is left. Computed anew each time, in about a microsecond for a few windows.
#pragma once

#include <optional>
#include <vector>

#include "common/schedule_window.hpp"
#include "common/time.hpp"
#include "coordinator/core/decision.hpp"

namespace foretide::coordinator {

struct OpenWindow {
  std::chrono::sys_seconds began;
  std::optional<std::chrono::sys_seconds> ends;  // absent: never
};

// The window as it is at that time; nothing when it is closed.
std::optional<OpenWindow> open_at(const ScheduleWindow& window, WallTime now);

// When it begins the next time, open or not.
std::optional<std::chrono::sys_seconds> next_begin(const ScheduleWindow& window, WallTime now);

struct ComingWindow {
  std::chrono::sys_seconds begins;
  const ScheduleWindow* window;
};
std::optional<ComingWindow> next_of(const std::vector<ScheduleWindow>& schedule, WallTime now);

Opinion scheduled_for(const std::vector<ScheduleWindow>& schedule, WallTime now,
                      Duration lead_time);

}  // namespace foretide::coordinator
