// A time of the week or of the year in which a service is to have at least so many workers. It
// opens at each minute that `from` names, and closes at the next that `until` names, or when so
// much time has passed; all in the clock of one time zone.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>

#include "common/cron.hpp"
#include "common/time_zone.hpp"

namespace foretide {

struct ScheduleWindow {
  Cron from;
  std::variant<Cron, std::chrono::milliseconds> until;
  TimeZone zone;
  std::uint32_t min = 0;  // workers
  std::string text;       // as it stands in the file, for people
  friend bool operator==(const ScheduleWindow&, const ScheduleWindow&) = default;
};

}  // namespace foretide
