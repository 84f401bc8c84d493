// Cron expressions: what is taken, what is refused with which words, and which minutes they name.
#include "common/cron.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "common/settings/cron_text.hpp"

namespace foretide {
namespace {

using namespace std::chrono_literals;
using settings::parse_cron;
using std::chrono::local_days;
using std::chrono::local_seconds;

Cron cron(const std::string& text) {
  const auto read = parse_cron(text);
  EXPECT_TRUE(read) << text << " " << read.error();
  return read ? *read : Cron{};
}

// "2026-11-30 08:00"
std::string text_of(std::optional<local_seconds> time) {
  if (!time) return "never";
  const auto day = std::chrono::floor<std::chrono::days>(*time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss of_day(*time - day);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u %02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(of_day.hours().count()),
                static_cast<int>(of_day.minutes().count()));
  return text;
}

local_seconds on(int year, unsigned month, unsigned day, std::chrono::seconds of_day = 0s) {
  return local_days{std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day}} +
         of_day;
}

struct Row {
  std::string text, next, last;
};

// What comes after Saturday 2026-11-28 12:30:20, and what came last before.
TEST(Cron, NamesMinutes) {
  const std::vector<Row> table{
      {"* * * * *", "2026-11-28 12:31", "2026-11-28 12:30"},
      {"30 12 * * *", "2026-11-29 12:30", "2026-11-28 12:30"},
      {"31 12 * * *", "2026-11-28 12:31", "2026-11-27 12:31"},
      {"0 8 * * mon-fri", "2026-11-30 08:00", "2026-11-27 08:00"},
      {"0 8 * * MON-Fri", "2026-11-30 08:00", "2026-11-27 08:00"},
      {"0 8 * * 1-5", "2026-11-30 08:00", "2026-11-27 08:00"},
      {"0 8 * * sat-sun", "2026-11-29 08:00", "2026-11-28 08:00"},
      {"0 8 * * sun-sun", "2026-11-29 08:00", "2026-11-22 08:00"},
      {"0 8 * * 0", "2026-11-29 08:00", "2026-11-22 08:00"},
      {"0 8 * * 7", "2026-11-29 08:00", "2026-11-22 08:00"},
      {"0 8 * * 5-7", "2026-11-29 08:00", "2026-11-28 08:00"},
      {"*/15 * * * *", "2026-11-28 12:45", "2026-11-28 12:30"},
      {"5-59/20 9-17/4 * * *", "2026-11-28 13:05", "2026-11-28 09:45"},
      {"0,40 1,22-23 * * *", "2026-11-28 22:00", "2026-11-28 01:40"},
      {"30 23 24 12 *", "2026-12-24 23:30", "2025-12-24 23:30"},
      {"0 0 29 2 *", "2028-02-29 00:00", "2024-02-29 00:00"},
      {"0 0 31 * *", "2026-12-31 00:00", "2026-10-31 00:00"},
      {"59 23 31 dec *", "2026-12-31 23:59", "2025-12-31 23:59"},
      {"0 0 1 jan,jul *", "2027-01-01 00:00", "2026-07-01 00:00"},
      // Both days say something: one of them is enough.
      {"0 0 13 * fri", "2026-12-04 00:00", "2026-11-27 00:00"},
      {"0 0 13 12 tue", "2026-12-01 00:00", "2025-12-30 00:00"},
      // A star with a step says nothing of its own: the first of a month that is a Monday.
      {"0 0 */31 * mon", "2027-02-01 00:00", "2026-06-01 00:00"},
      {"@hourly", "2026-11-28 13:00", "2026-11-28 12:00"},
      {"@daily", "2026-11-29 00:00", "2026-11-28 00:00"},
      {"@weekly", "2026-11-29 00:00", "2026-11-22 00:00"},
      {"@monthly", "2026-12-01 00:00", "2026-11-01 00:00"},
      {"@yearly", "2027-01-01 00:00", "2026-01-01 00:00"},
      {"  0\t8  * * *  ", "2026-11-29 08:00", "2026-11-28 08:00"},
      {"0 0 30 2 *", "never", "never"},
      {"0 0 31 4,6,9,11 *", "never", "never"},
  };
  const local_seconds now = on(2026, 11, 28, 12h + 30min + 20s);
  for (const Row& row : table) {
    EXPECT_EQ(text_of(next_after(cron(row.text), now)), row.next) << row.text;
    EXPECT_EQ(text_of(last_until(cron(row.text), now)), row.last) << row.text;
  }
}

TEST(Cron, NamesAMinuteUntilItsEndAndNotAfterItsBegin) {
  const Cron eight = cron("0 8 * * *");
  EXPECT_EQ(text_of(next_after(eight, on(2026, 11, 28, 8h - 1s))), "2026-11-28 08:00");
  EXPECT_EQ(text_of(next_after(eight, on(2026, 11, 28, 8h))), "2026-11-29 08:00");
  EXPECT_EQ(text_of(last_until(eight, on(2026, 11, 28, 8h - 1s))), "2026-11-27 08:00");
  EXPECT_EQ(text_of(last_until(eight, on(2026, 11, 28, 8h))), "2026-11-28 08:00");
}

// 1900 and 2100 are no leap years: eight years without a February 29.
TEST(Cron, FindsALeapDayOverTheTurnOfACentury) {
  EXPECT_EQ(text_of(next_after(cron("0 0 29 2 *"), on(2097, 1, 1))), "2104-02-29 00:00");
  EXPECT_EQ(text_of(last_until(cron("0 0 29 2 *"), on(2103, 1, 1))), "2096-02-29 00:00");
}

// The same by asking minute after minute.
bool is_named(const Cron& cron, local_seconds time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss of_day(time - day);
  const bool month_day = (cron.days >> static_cast<unsigned>(date.day()) & 1) != 0;
  const bool week_day = (cron.weekdays >> std::chrono::weekday{day}.c_encoding() & 1) != 0;
  return (cron.minutes >> of_day.minutes().count() & 1) != 0 &&
         (cron.hours >> of_day.hours().count() & 1) != 0 &&
         (cron.months >> static_cast<unsigned>(date.month()) & 1) != 0 &&
         (cron.one_day_is_enough ? month_day || week_day : month_day && week_day);
}

TEST(Cron, JumpsToWhereWalkingWouldLead) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto below = [&](unsigned most) { return static_cast<int>(random() % most); };
  for (int i = 0; i < 200; ++i) {
    Cron some{.minutes = std::uint64_t{1} << below(60) | std::uint64_t{1} << below(60),
              .hours = 1u << below(24) | 1u << below(24),
              .days = 1u << (1 + below(31)) | 1u << (1 + below(31)) | 1u << (1 + below(31)),
              .months = 0x1FFE,
              .weekdays = 1u << below(7) | 1u << below(7)};
    some.one_day_is_enough = below(2) == 1;
    const local_seconds now = on(2020 + below(20), 1u + random() % 12, 1u + random() % 28) +
                              std::chrono::seconds(below(86400));
    local_seconds forward = std::chrono::floor<std::chrono::minutes>(now) + 1min;
    while (!is_named(some, forward)) forward += 1min;
    local_seconds backward = std::chrono::floor<std::chrono::minutes>(now);
    while (!is_named(some, backward)) backward -= 1min;
    ASSERT_EQ(text_of(next_after(some, now)), text_of(forward)) << text_of(now);
    ASSERT_EQ(text_of(last_until(some, now)), text_of(backward)) << text_of(now);
  }
}

struct BadRow {
  std::string text, problem;
};

TEST(CronText, SaysWhichFieldIsWrongAndWhatItMayBe) {
  const std::string ways = ", *, lists (1,2), ranges (1-5) or steps (*/2)";
  const std::string five =
      "wants five fields (minute, hour, day of the month, month, day of the week) such as \"0 8 * "
      "* mon-fri\", or one of @hourly, @daily, @weekly, @monthly, @yearly";
  const std::vector<BadRow> table{
      {"", five},
      {"0 8 * *", five},
      {"0 0 8 * * *", five},
      {"@reboot", five},
      {"@Daily", five},
      {"0 8 * * mon\n", five},
      {"60 8 * * *", "whose minute is '60', wants 0 to 59" + ways},
      {"-1 8 * * *", "whose minute is '-1', wants 0 to 59" + ways},
      {"0 24 * * *", "whose hour is '24', wants 0 to 23" + ways},
      {"0 8h * * *", "whose hour is '8h', wants 0 to 23" + ways},
      {"0 8 0 * *", "whose day of the month is '0', wants 1 to 31" + ways},
      {"0 8 32 * *", "whose day of the month is '32', wants 1 to 31" + ways},
      {"0 8 L * *", "whose day of the month is 'L', wants 1 to 31" + ways},
      {"0 8 * 13 *", "whose month is '13', wants 1 to 12 or jan to dec" + ways},
      {"0 8 * januar *", "whose month is 'januar', wants 1 to 12 or jan to dec" + ways},
      {"0 8 * * 8",
       "whose day of the week is '8', wants 0 to 7 or sun to sat (0 and 7 are Sunday)" + ways},
      {"0 8 * * ?",
       "whose day of the week is '?', wants 0 to 7 or sun to sat (0 and 7 are Sunday)" + ways},
      {"1, 8 * * *", "whose minute is '', wants 0 to 59" + ways},
      {"1-2-3 8 * * *", "whose minute is '1-2-3', wants 0 to 59" + ways},
      {"1- 8 * * *", "whose minute is '1-', wants 0 to 59" + ways},
      {"99999999999999999999 8 * * *",
       "whose minute is '99999999999999999999', wants 0 to 59" + ways},
      {"0 22-5 * * *", "whose hour is '22-5', which runs backwards, write 22-23,0-5"},
      {"0 8 * * fri-mon",
       "whose day of the week is 'fri-mon', which runs backwards, write 5-6,0-1"},
      {"*/0 * * * *",
       "whose minute is '*/0', wants * or a range, and a step from 1 to 59 behind the '/', such "
       "as */2 or 1-5/2"},
      {"*/90 * * * *",
       "whose minute is '*/90', wants * or a range, and a step from 1 to 59 behind the '/', such "
       "as */2 or 1-5/2"},
      {"5/10 * * * *",
       "whose minute is '5/10', wants * or a range, and a step from 1 to 59 behind the '/', such "
       "as */2 or 1-5/2"},
      {"*/ * * * *",
       "whose minute is '*/', wants * or a range, and a step from 1 to 59 behind the '/', such as "
       "*/2 or 1-5/2"},
      {std::string(50, '7') + " * * * *",
       "whose minute is '" + std::string(30, '7') + "', wants 0 to 59" + ways},
  };
  for (const BadRow& row : table) {
    const auto read = parse_cron(row.text);
    ASSERT_FALSE(read) << row.text;
    EXPECT_EQ(read.error(), row.problem);
  }
}

}  // namespace
}  // namespace foretide
