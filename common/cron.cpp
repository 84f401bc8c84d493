#include "common/cron.hpp"

#include <bit>

namespace foretide {

namespace {

using std::chrono::local_days;
using std::chrono::local_seconds;
using std::chrono::minutes;
using std::chrono::months;
using std::chrono::year_month;

// Days and weekdays fall together again after 28 years (12 around a year like 2100).
constexpr int kMonthsSearched = 28 * 12;
constexpr unsigned kHoursOfDay = 24, kMinutesOfHour = 60;

std::optional<unsigned> lowest(std::uint64_t bits) {
  return bits == 0 ? std::nullopt : std::optional(static_cast<unsigned>(std::countr_zero(bits)));
}

std::optional<unsigned> highest(std::uint64_t bits) {
  return bits == 0 ? std::nullopt : std::optional(static_cast<unsigned>(std::bit_width(bits)) - 1);
}

std::uint64_t from_bit(unsigned first) {
  return first >= 64 ? 0 : ~std::uint64_t{0} << first;
}

std::uint64_t to_bit(unsigned last) {
  return last >= 63 ? ~std::uint64_t{0} : (std::uint64_t{1} << (last + 1)) - 1;
}

// The named days of one month, bit 1 for its first.
std::uint64_t days_in(const Cron& cron, year_month month) {
  if ((cron.months >> static_cast<unsigned>(month.month()) & 1) == 0) return 0;
  constexpr std::uint64_t kSixWeeks = 0x0000'0008'1020'4081;  // bits 0, 7, 14, 21, 28, 35
  const std::chrono::weekday first{local_days{month / 1}};
  const std::uint64_t by_weekday = (cron.weekdays * kSixWeeks >> first.c_encoding()) << 1;
  const std::uint64_t named =
      cron.one_day_is_enough ? cron.days | by_weekday : cron.days & by_weekday;
  const auto length = static_cast<unsigned>((month / std::chrono::last).day());
  return named & from_bit(1) & to_bit(length);
}

local_days day_of(year_month month, unsigned day) {
  return local_days{month / std::chrono::day{day}};
}

std::optional<local_days> first_day_from(const Cron& cron, local_days from) {
  const std::chrono::year_month_day date{from};
  year_month month = date.year() / date.month();
  std::uint64_t within = from_bit(static_cast<unsigned>(date.day()));
  for (int i = 0; i < kMonthsSearched; ++i, month += months(1), within = from_bit(1)) {
    if (const auto day = lowest(days_in(cron, month) & within)) return day_of(month, *day);
  }
  return std::nullopt;
}

std::optional<local_days> last_day_until(const Cron& cron, local_days until) {
  const std::chrono::year_month_day date{until};
  year_month month = date.year() / date.month();
  std::uint64_t within = to_bit(static_cast<unsigned>(date.day()));
  for (int i = 0; i < kMonthsSearched; ++i, month -= months(1), within = to_bit(31)) {
    if (const auto day = highest(days_in(cron, month) & within)) return day_of(month, *day);
  }
  return std::nullopt;
}

minutes at(unsigned hour, unsigned minute) {
  return std::chrono::hours(hour) + minutes(minute);
}

std::optional<minutes> first_time_from(const Cron& cron, minutes from) {
  const auto hour = static_cast<unsigned>(from / std::chrono::hours(1));
  const auto minute = static_cast<unsigned>(from.count()) % kMinutesOfHour;
  if (hour < kHoursOfDay && (cron.hours >> hour & 1) != 0) {
    if (const auto found = lowest(cron.minutes & from_bit(minute))) return at(hour, *found);
  }
  const auto later = lowest(cron.hours & from_bit(hour + 1));
  const auto first = lowest(cron.minutes);
  return later && first ? std::optional(at(*later, *first)) : std::nullopt;
}

std::optional<minutes> last_time_until(const Cron& cron, minutes until) {
  const auto hour = static_cast<unsigned>(until / std::chrono::hours(1));
  const auto minute = static_cast<unsigned>(until.count()) % kMinutesOfHour;
  if ((cron.hours >> hour & 1) != 0) {
    if (const auto found = highest(cron.minutes & to_bit(minute))) return at(hour, *found);
  }
  if (hour == 0) return std::nullopt;
  const auto earlier = highest(cron.hours & to_bit(hour - 1));
  const auto last = highest(cron.minutes);
  return earlier && last ? std::optional(at(*earlier, *last)) : std::nullopt;
}

}  // namespace

std::optional<local_seconds> next_after(const Cron& cron, local_seconds time) {
  const auto from = std::chrono::floor<minutes>(time) + minutes(1);
  const auto today = std::chrono::floor<std::chrono::days>(from);
  auto day = first_day_from(cron, today);
  if (day == today) {
    if (const auto of_day = first_time_from(cron, from - today)) return *day + *of_day;
    day = first_day_from(cron, today + std::chrono::days(1));
  }
  const auto of_day = first_time_from(cron, minutes(0));
  return day && of_day ? std::optional<local_seconds>(*day + *of_day) : std::nullopt;
}

std::optional<local_seconds> last_until(const Cron& cron, local_seconds time) {
  const auto until = std::chrono::floor<minutes>(time);
  const auto today = std::chrono::floor<std::chrono::days>(until);
  auto day = last_day_until(cron, today);
  if (day == today) {
    if (const auto of_day = last_time_until(cron, until - today)) return *day + *of_day;
    day = last_day_until(cron, today - std::chrono::days(1));
  }
  const auto of_day = last_time_until(cron, std::chrono::days(1) - minutes(1));
  return day && of_day ? std::optional<local_seconds>(*day + *of_day) : std::nullopt;
}

}  // namespace foretide
