#include "common/time_zone.hpp"

#include <algorithm>

namespace foretide {

namespace {

using std::chrono::local_seconds;
using std::chrono::seconds;
using std::chrono::sys_seconds;
using Period = TimeZone::Period;

local_seconds local(sys_seconds moment, seconds offset) {
  return local_seconds(moment.time_since_epoch() + offset);
}

const Period& period_at(const TimeZone& zone, sys_seconds moment) {
  const auto next =
      std::upper_bound(zone.periods.begin() + 1, zone.periods.end(), moment,
                       [](sys_seconds at, const Period& period) { return at < period.begins; });
  return *(next - 1);
}

}  // namespace

local_seconds shown_at(const TimeZone& zone, sys_seconds moment) {
  return local(moment, period_at(zone, moment).offset);
}

local_seconds reached_at(const TimeZone& zone, sys_seconds moment) {
  const Period& period = period_at(zone, moment);
  const local_seconds shown = local(moment, period.offset);
  if (&period == &zone.periods.front()) return shown;
  const Period& before = *(&period - 1);
  return std::max(shown, local(period.begins, before.offset) - seconds(1));
}

sys_seconds moment_of(const TimeZone& zone, local_seconds time) {
  // The first period whose clocks go beyond the time, if only by jumping over it as it begins.
  const auto next = std::partition_point(
      zone.periods.begin() + 1, zone.periods.end(),
      [&](const Period& period) { return local(period.begins, (&period - 1)->offset) <= time; });
  const Period& period = *(next - 1);
  const sys_seconds moment(time.time_since_epoch() - period.offset);
  return &period == &zone.periods.front() ? moment : std::max(moment, period.begins);
}

}  // namespace foretide
