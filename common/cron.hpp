// Which minutes a cron expression names: "0 8 * * mon-fri" is eight o'clock on working days.
//
// Five sets of numbers, kept as bits: a minute is named when the sets hold its minute, hour, day of
// the month, month and day of the week. When both day fields say something (neither begins with
// "*"), a day needs only one of them: "0 0 13 * fri" is every 13th and every Friday, as in cron
// since Version 7.
//
// All of it is local time as a calendar has it, where every day has 24 hours; `time_zone` maps that
// to moments. The next and the last named minute are found by jumping from set bit to set bit, a
// month of days at a time, so a search costs some tens of nanoseconds, and half a microsecond where
// it has to pass over years (February 29).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace foretide {

struct Cron {
  std::uint64_t minutes = 0;       // bit n: minute n
  std::uint32_t hours = 0;         // bit n: hour n
  std::uint32_t days = 0;          // bits 1 to 31
  std::uint32_t months = 0;        // bits 1 to 12
  std::uint32_t weekdays = 0;      // bit 0: Sunday, bit 6: Saturday
  bool one_day_is_enough = false;  // of the month or of the week; else a day has to be in both
  friend bool operator==(const Cron&, const Cron&) = default;
};

// The first named minute after that time; nothing when there is none within 28 years, which is to
// say never (February 30).
std::optional<std::chrono::local_seconds> next_after(const Cron& cron,
                                                     std::chrono::local_seconds time);

// The last named minute at or before that time.
std::optional<std::chrono::local_seconds> last_until(const Cron& cron,
                                                     std::chrono::local_seconds time);

}  // namespace foretide
