#include "coordinator/core/schedule.hpp"

#include <cmath>

#include "coordinator/core/text.hpp"

namespace foretide::coordinator {
namespace {

using std::chrono::sys_seconds;

sys_seconds in_seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time);
}

// "08:00".
std::string time_text(const TimeZone& zone, sys_seconds moment) {
  const auto shown = shown_at(zone, moment);
  const std::chrono::hh_mm_ss of_day(shown - std::chrono::floor<std::chrono::days>(shown));
  return text_of("%02d:%02d", static_cast<int>(of_day.hours().count()),
                 static_cast<int>(of_day.minutes().count()));
}

// "Mon 2026-11-30 08:00".
std::string date_text(const TimeZone& zone, sys_seconds moment) {
  constexpr const char* kNames[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  const auto day = std::chrono::floor<std::chrono::days>(shown_at(zone, moment));
  const std::chrono::year_month_day date{day};
  return text_of("%s %04d-%02u-%02u ", kNames[std::chrono::weekday{day}.c_encoding()],
                 static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                 static_cast<unsigned>(date.day())) +
         time_text(zone, moment);
}

std::string words_of(const ScheduleWindow& window, const OpenWindow& open) {
  const std::string began = "the window of " + date_text(window.zone, open.began);
  const std::string ends = open.ends ? "until " + date_text(window.zone, *open.ends) : "for good";
  return began + " is open " + ends + " " + window.zone.name;
}

std::string words_of(const ComingWindow& next, WallTime now) {
  const double seconds = seconds_in(next.begins - now);
  return "window " + time_text(next.window->zone, next.begins) + " " + next.window->zone.name +
         text_of(" begins in %.0f s", std::ceil(seconds));
}

}  // namespace

std::optional<OpenWindow> open_at(const ScheduleWindow& window, WallTime now) {
  const sys_seconds moment = in_seconds(now);
  const auto from = last_until(window.from, reached_at(window.zone, moment));
  if (!from) return std::nullopt;
  OpenWindow open{.began = moment_of(window.zone, *from), .ends = {}};
  if (const auto* to = std::get_if<Cron>(&window.until)) {
    // From the time and not from the moment: both may lie in an hour that the clocks jump over.
    if (const auto end = next_after(*to, *from)) open.ends = moment_of(window.zone, *end);
  } else {
    open.ends = open.began + std::chrono::ceil<std::chrono::seconds>(
                                 std::get<std::chrono::milliseconds>(window.until));
  }
  return !open.ends || moment < *open.ends ? std::optional(open) : std::nullopt;
}

std::optional<sys_seconds> next_begin(const ScheduleWindow& window, WallTime now) {
  const auto from = next_after(window.from, reached_at(window.zone, in_seconds(now)));
  return from ? std::optional(moment_of(window.zone, *from)) : std::nullopt;
}

std::optional<ComingWindow> next_of(const std::vector<ScheduleWindow>& schedule, WallTime now) {
  std::optional<ComingWindow> next;
  for (const ScheduleWindow& window : schedule) {
    const auto begins = next_begin(window, now);
    if (begins && (!next || *begins < next->begins)) next = {*begins, &window};
  }
  return next;
}

Opinion scheduled_for(const std::vector<ScheduleWindow>& schedule, WallTime now,
                      Duration lead_time) {
  if (schedule.empty()) return {"scheduled", 0, "no schedule in the cluster file"};
  Opinion largest{"scheduled", 0, {}};
  for (const ScheduleWindow& window : schedule) {
    if (window.min <= largest.workers) continue;
    if (const auto open = open_at(window, now)) {
      largest = {"scheduled", window.min, words_of(window, *open)};
    } else if (const auto begins = next_begin(window, now); begins && *begins - now <= lead_time) {
      largest = {"scheduled", window.min, words_of(ComingWindow{*begins, &window}, now)};
    }
  }
  if (largest.workers > 0) return largest;
  const auto next = next_of(schedule, now);
  if (!next) return {"scheduled", 0, "no window begins any more"};
  const TimeZone& zone = next->window->zone;
  return {"scheduled", 0, "next window begins " + date_text(zone, next->begins) + " " + zone.name};
}

}  // namespace foretide::coordinator
