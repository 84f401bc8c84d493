// What the clocks of a place show at a moment, and the moment at which they reach a time.
//
// A plain value: the offsets from UTC and when each begins, from 2020 to 2060 (before and after,
// the first and the last of them hold). It is taken from the system's time zone files once, where
// settings are read (common/settings/zone_file), so that who computes with it reads no file.
//
// Twice a year the clocks jump, so that some times come never and some twice. For whatever happens
// at a time of day, think of a clock that is never turned back: it stands still until the hour that
// is repeated has passed once more. So a time that is skipped is reached as the clocks jump over
// it, one that comes twice is reached once, at the first, and times are reached in their order.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace foretide {

struct TimeZone {
  struct Period {
    std::chrono::sys_seconds begins;
    std::chrono::seconds offset;  // local time less UTC
    friend bool operator==(const Period&, const Period&) = default;
  };
  std::string name = "UTC";
  std::vector<Period> periods{Period{}};  // ascending, never empty
  friend bool operator==(const TimeZone&, const TimeZone&) = default;
};

// What the clocks show.
std::chrono::local_seconds shown_at(const TimeZone& zone, std::chrono::sys_seconds moment);

// The latest time that was reached by then.
std::chrono::local_seconds reached_at(const TimeZone& zone, std::chrono::sys_seconds moment);

// The first moment by which that time is reached.
std::chrono::sys_seconds moment_of(const TimeZone& zone, std::chrono::local_seconds time);

}  // namespace foretide
