#include "deploy/cli/moment_option.hpp"

#include <ctime>
#include <optional>

#include "common/rfc3339.hpp"
#include "common/settings/durations.hpp"

namespace foretide::cli {
namespace {

std::tm local_parts(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  return parts;
}

// Nothing for a day or time that there is not: mktime would count on.
std::optional<WallTime> of_local(std::tm parts) {
  const std::tm asked = parts;
  parts.tm_isdst = -1;
  const std::time_t seconds = std::mktime(&parts);
  if (seconds == -1 || parts.tm_mday != asked.tm_mday || parts.tm_mon != asked.tm_mon ||
      parts.tm_min != asked.tm_min) {
    return std::nullopt;
  }
  return WallTime(std::chrono::seconds(seconds));
}

bool reads(const std::string& text, const char* format, std::tm& parts) {
  const char* end = ::strptime(text.c_str(), format, &parts);
  return end != nullptr && *end == '\0';
}

std::optional<WallTime> date_and_time_in(const std::string& text) {
  for (const char* format :
       {"%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"}) {
    std::tm parts{};
    if (reads(text, format, parts)) return of_local(parts);
  }
  return std::nullopt;
}

std::optional<WallTime> time_of_day_in(const std::string& text, WallTime now) {
  for (const char* format : {"%H:%M:%S", "%H:%M"}) {
    std::tm parts = local_parts(now);
    parts.tm_sec = 0;
    if (!reads(text, format, parts)) continue;
    const auto today = of_local(parts);
    if (today && *today <= now) return today;
    const std::tm yesterday = local_parts(now - std::chrono::hours(24));
    parts.tm_year = yesterday.tm_year;
    parts.tm_mon = yesterday.tm_mon;
    parts.tm_mday = yesterday.tm_mday;
    return of_local(parts);
  }
  return std::nullopt;
}

std::optional<WallTime> ago_in(const std::string& text, WallTime now) {
  constexpr std::string_view kAgo = " ago";
  if (!text.ends_with(kAgo)) return std::nullopt;
  const auto length = settings::parse_duration(text.substr(0, text.size() - kAgo.size()));
  if (!length) return std::nullopt;
  return now - *length;
}

}  // namespace

Result<WallTime> moment_in(const std::string& text, WallTime now) {
  std::optional<WallTime> moment = parse_rfc3339(text);
  if (!moment) moment = ago_in(text, now);
  if (!moment) moment = date_and_time_in(text);
  if (!moment) moment = time_of_day_in(text, now);
  if (!moment) {
    return Error{"'" + text +
                 "' is no time; write 14:05, \"2026-11-28 14:05:30\", \"10m ago\" or "
                 "2026-11-28T14:05:30Z"};
  }
  if (*moment > now) return Error{"'" + text + "' is still to come (" + local_text(*moment) + ")"};
  return *moment;
}

std::string local_text(WallTime time) {
  const std::tm parts = local_parts(time);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
  return text;
}

std::string local_text(WallTime time, WallTime now) {
  const std::string text = local_text(time);
  constexpr std::size_t kDay = 10;  // "2026-11-28"
  std::tm noon = local_parts(now);
  --noon.tm_mday;
  noon.tm_hour = 12;  // there is one on every day
  noon.tm_isdst = -1;
  const std::string yesterday = local_text(WallTime(std::chrono::seconds(std::mktime(&noon))));
  return text + (text.compare(0, kDay, yesterday, 0, kDay) == 0 ? " (yesterday)" : "");
}

}  // namespace foretide::cli
