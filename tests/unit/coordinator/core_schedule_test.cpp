// Windows of a schedule: when they are open, which of them wins, and what a decision makes of it.
#include "coordinator/core/schedule.hpp"

#include <gmock/gmock.h>

#include <cstdio>
#include <ctime>

#include "common/settings/cron_text.hpp"
#include "common/settings/zone_rule.hpp"
#include "coordinator/core/decide.hpp"
#include "core_world.hpp"

namespace foretide::coordinator::story {
namespace {

using settings::parse_cron;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

// By their rules, whatever time zones this host has.
TimeZone zone_of(const std::string& name, const std::string& rule) {
  using std::chrono::year;
  return {name, settings::periods_of_rule(rule, year{2020}, year{2060}).value()};
}
TimeZone berlin() {
  return zone_of("Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3");
}
TimeZone new_york() {
  return zone_of("America/New_York", "EST5EDT,M3.2.0,M11.1.0");
}

ScheduleWindow window(const std::string& from, const std::string& to, TimeZone zone,
                      std::uint32_t min = 6) {
  return {parse_cron(from).value(), parse_cron(to).value(), std::move(zone), min};
}
ScheduleWindow window(const std::string& from, std::chrono::milliseconds length, TimeZone zone,
                      std::uint32_t min = 6) {
  return {parse_cron(from).value(), length, std::move(zone), min};
}

WallTime utc(int year, unsigned month, unsigned day, Duration of_day = 0s) {
  return sys_days{std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day}} +
         std::chrono::floor<std::chrono::milliseconds>(of_day);
}

// The moments within a span at which a window opens and closes, found by looking each minute:
// "+03-27 22:00 -03-28 04:00", in UTC.
std::string openings(const ScheduleWindow& window, WallTime from, WallTime until) {
  std::string told;
  bool open = open_at(window, from - 1ms).has_value();
  for (WallTime at = from; at < until; at += 1min) {
    if (open_at(window, at).has_value() == open) continue;
    open = !open;
    EXPECT_EQ(open_at(window, at - 1ms).has_value(), !open) << "to the millisecond";
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss of_day(at - day);
    char text[32];
    std::snprintf(text, sizeof text, "%s%c%02u-%02u %02d:%02d", told.empty() ? "" : " ",
                  open ? '+' : '-', static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(of_day.hours().count()),
                  static_cast<int>(of_day.minutes().count()));
    told += text;
  }
  return told;
}

TEST(Window, IsOpenFromItsBeginToItsEnd) {
  EXPECT_EQ(openings(window("0 8 * * mon-fri", "0 18 * * mon-fri", berlin()), utc(2026, 11, 27),
                     utc(2026, 12, 1)),
            "+11-27 07:00 -11-27 17:00 +11-30 07:00 -11-30 17:00");
  EXPECT_EQ(openings(window("30 23 24 12 *", 3h, {}), utc(2026, 12, 24), utc(2026, 12, 26)),
            "+12-24 23:30 -12-25 02:30");
}

// Friday's last word is Monday's first: a window may begin anew before it ends.
TEST(Window, GoesOverMidnightWeekendsAndItsOwnNextBegin) {
  EXPECT_EQ(
      openings(window("0 22 * * *", "0 4 * * *", {}), utc(2026, 12, 31, 12h), utc(2027, 1, 1, 12h)),
      "+12-31 22:00 -01-01 04:00");
  EXPECT_EQ(
      openings(window("0 18 * * fri", "0 6 * * mon", {}), utc(2026, 11, 26), utc(2026, 12, 3)),
      "+11-27 18:00 -11-30 06:00");
  EXPECT_EQ(
      openings(window("0 8,12,16 * * *", "0 18 * * *", {}), utc(2026, 11, 26), utc(2026, 11, 27)),
      "+11-26 08:00 -11-26 18:00");
  EXPECT_EQ(openings(window("0 8 * * *", 36h, {}), utc(2026, 11, 26), utc(2026, 11, 28)), "");
  EXPECT_TRUE(open_at(window("0 8 * * *", 36h, {}), utc(2026, 11, 26)));
  EXPECT_EQ(openings(window("0 8 * * *", "0 8 * * *", {}), utc(2026, 11, 26), utc(2026, 11, 28)),
            "")
      << "round the clock";
}

// Berlin on 2027-03-28: 01:59 is followed by 03:00, at 01:00 UTC.
TEST(Window, MeetsASkippedTimeAsTheClocksJump) {
  const auto on_that_day = [](const ScheduleWindow& window) {
    return openings(window, utc(2027, 3, 27, 12h), utc(2027, 3, 28, 12h));
  };
  EXPECT_EQ(on_that_day(window("0 22 * * *", "0 6 * * *", berlin())), "+03-27 21:00 -03-28 04:00");
  EXPECT_EQ(on_that_day(window("30 2 * * *", "0 4 * * *", berlin())), "+03-28 01:00 -03-28 02:00");
  EXPECT_EQ(on_that_day(window("0 1 * * *", "30 2 * * *", berlin())), "+03-28 00:00 -03-28 01:00");
  EXPECT_EQ(on_that_day(window("10 2 * * *", "50 2 * * *", berlin())), "")
      << "nothing of it is left";
  EXPECT_EQ(on_that_day(window("30 1 * * *", 3h, berlin())), "+03-28 00:30 -03-28 03:30")
      << "three hours are three hours";
  EXPECT_EQ(
      openings(window("30 2 14 3 *", "0 4 14 3 *", new_york()), utc(2027, 3, 14), utc(2027, 3, 15)),
      "+03-14 07:00 -03-14 08:00");
}

// Berlin on 2027-10-31: 02:59 is followed by 02:00, at 01:00 UTC.
TEST(Window, MeetsARepeatedTimeOnceAtTheFirst) {
  const auto on_that_day = [](const ScheduleWindow& window) {
    return openings(window, utc(2027, 10, 30, 12h), utc(2027, 10, 31, 12h));
  };
  EXPECT_EQ(on_that_day(window("0 22 * * *", "0 6 * * *", berlin())), "+10-30 20:00 -10-31 05:00");
  EXPECT_EQ(on_that_day(window("30 2 * * *", "0 4 * * *", berlin())), "+10-31 00:30 -10-31 03:00");
  EXPECT_EQ(on_that_day(window("0 1 * * *", "30 2 * * *", berlin())), "+10-30 23:00 -10-31 00:30");
  EXPECT_EQ(on_that_day(window("10 2 * * *", "50 2 * * *", berlin())), "+10-31 00:10 -10-31 00:50")
      << "once";
  EXPECT_EQ(on_that_day(window("10 2 * * *", 10min, berlin())), "+10-31 00:10 -10-31 00:20");
  EXPECT_EQ(
      openings(window("30 1 7 11 *", "0 2 7 11 *", new_york()), utc(2027, 11, 7), utc(2027, 11, 8)),
      "+11-07 05:30 -11-07 07:00");
}

TEST(Scheduled, SaysWhichWindowIsOpenOrComes) {
  const std::vector<ScheduleWindow> schedule{
      window("0 8 * * mon-fri", "0 18 * * mon-fri", berlin()), window("30 23 24 12 *", 3h, {}, 10)};
  const auto said = [&](WallTime now, Duration lead = 40s) {
    const Opinion opinion = scheduled_for(schedule, now, lead);
    EXPECT_EQ(opinion.rule, "scheduled");
    return std::to_string(opinion.workers) + ", " + opinion.reason;
  };
  EXPECT_EQ(said(utc(2026, 11, 28)), "0, next window begins Mon 2026-11-30 08:00 Europe/Berlin");
  EXPECT_EQ(said(utc(2026, 11, 30, 7h - 41s)),
            "0, next window begins Mon 2026-11-30 08:00 Europe/Berlin");
  EXPECT_EQ(said(utc(2026, 11, 30, 7h - 35s)), "6, window 08:00 Europe/Berlin begins in 35 s");
  EXPECT_EQ(said(utc(2026, 11, 30, 7h - 1ms)), "6, window 08:00 Europe/Berlin begins in 1 s");
  EXPECT_EQ(said(utc(2026, 11, 30, 7h)),
            "6, the window of Mon 2026-11-30 08:00 is open until Mon 2026-11-30 18:00 "
            "Europe/Berlin");
  EXPECT_EQ(said(utc(2026, 11, 30, 17h - 1s)),
            "6, the window of Mon 2026-11-30 08:00 is open until Mon 2026-11-30 18:00 "
            "Europe/Berlin")
      << "to the last second";
  EXPECT_EQ(said(utc(2026, 11, 30, 17h)),
            "0, next window begins Tue 2026-12-01 08:00 Europe/Berlin");
  EXPECT_EQ(said(utc(2026, 12, 24, 22h)), "0, next window begins Thu 2026-12-24 23:30 UTC");
  EXPECT_EQ(scheduled_for({}, utc(2026, 12, 24), 1h).reason, "no schedule in the cluster file");
}

TEST(Scheduled, TakesTheLargestOfTheWindowsThatCount) {
  const std::vector<ScheduleWindow> schedule{window("0 8 * * *", "0 18 * * *", {}, 6),
                                             window("0 12 * * *", "0 14 * * *", {}, 9),
                                             window("0 0 * * *", "0 0 * * *", {}, 2)};
  const auto workers = [&](Duration of_day, Duration lead = 0s) {
    return scheduled_for(schedule, utc(2026, 11, 30, of_day), lead).workers;
  };
  EXPECT_EQ(workers(7h), 2u);
  EXPECT_EQ(workers(8h), 6u);
  EXPECT_EQ(workers(12h - 1min), 6u);
  EXPECT_EQ(workers(12h - 1min, 2min), 9u) << "the next one counts from a lead time before";
  EXPECT_EQ(workers(13h), 9u);
  EXPECT_EQ(workers(14h - 1s, 1h), 9u) << "and none ends before its time";
  EXPECT_EQ(workers(14h), 6u);
  EXPECT_EQ(workers(18h), 2u);
}

// ---- in a decision ----

// A service in a world whose wall clock began with its monotonic one: 00:16:40 on 1970-01-01.
ServiceSettings scheduled(ServiceSettings service, const std::string& from, const std::string& to,
                          std::uint32_t min) {
  service.scale.schedule.push_back(window(from, to, {}, min));
  return service;
}

TEST(Scheduled, HasTheWorkersReadyAsTheWindowBegins) {
  World world;
  settle(world, scheduled(service_named("web"), "20 0 * * *", "22 0 * * *", 4));
  const Instant begin(20min), end(22min);
  const Duration lead = lead_time_for(world.record("web").start_times);
  world.pass(begin - lead - 1s - world.now);
  EXPECT_EQ(world.view("web").desired, 1u);
  world.pass(begin - world.now);
  EXPECT_EQ(world.view("web").desired, 4u);
  EXPECT_EQ(world.running(), 4u) << "and not begun only now";
  EXPECT_EQ(world.decisions.back().rule, "scheduled");
  EXPECT_THAT(world.decisions.back().reason, testing::StartsWith("window 00:20 UTC begins in "));
  world.pass(end - 1s - world.now);
  EXPECT_EQ(world.view("web").desired, 4u) << "although nobody asks for anything";
  world.pass(5s);
  EXPECT_EQ(world.view("web").desired, 1u);
}

TEST(Scheduled, HoldsAServiceAwakeThatWouldSleep) {
  World world;
  settle(world, scheduled(sleepy(), "20 0 * * *", "30 0 * * *", 2));
  EXPECT_EQ(world.view("web").desired, 0u) << "no request, so it sleeps";
  world.pass(Instant(25min) - world.now);
  EXPECT_EQ(world.view("web").desired, 2u);
  EXPECT_EQ(world.running(), 2u) << "long after scale.idle is over";
  world.pass(Instant(30min) + 5s - world.now);
  EXPECT_EQ(world.view("web").desired, 0u);
}

TEST(Scheduled, IsAFloorThatDemandMayExceedAndACountByHandMayNot) {
  ServiceRecord service;
  service.id = {"web"};
  service.settings = scheduled(service_named("web"), "0 8 * * *", "0 18 * * *", 6);
  service.desired = 1;
  Situation at{.now = Instant(1h), .wall = utc(2026, 11, 30, 9h), .age = 1h, .ready = 1};
  const auto decision = [&] {
    observe(service, at);
    return decision_for(service, at);
  };
  EXPECT_EQ(decision().to, 6u);
  EXPECT_EQ(decision().rule, "scheduled");
  service.asked = AskedFloor{.workers = 8, .until = Instant(2h), .reason = "asked"};
  EXPECT_EQ(decision().to, 8u);
  service.manual = ManualCount{.count = 2, .until = {}};
  EXPECT_EQ(decision().to, 2u);
  service.manual.reset();
  service.asked.reset();
  service.settings->scale.up_max_step = 2;
  EXPECT_EQ(decision().to, 3u) << "slowed as every rise is";
  service.settings->scale.up_max_step.reset();
  service.settings->scale.max = 5;
  EXPECT_EQ(decision().to, 5u);
}

// Not a verdict, a figure.
TEST(Scheduled, PrintsWhatItCosts) {
  std::vector<ScheduleWindow> schedule{window("0 8 * * mon-fri", "0 18 * * mon-fri", berlin())};
  schedule.push_back(window("30 23 24 12 *", 3h, new_york(), 10));
  schedule.push_back(window("0 0 29 2 *", "0 0 1 3 *", berlin(), 3));  // years away
  const std::clock_t began = std::clock();
  constexpr int kTimes = 20'000;
  std::size_t letters = 0;
  for (int i = 0; i < kTimes; ++i) {
    letters += scheduled_for(schedule, utc(2026, 11, 28) + i * 7min, 30s).reason.size();
  }
  const double seconds = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
  EXPECT_GT(letters, 0u);
  std::printf("a word on three windows: %.2f us\n", seconds / kTimes * 1e6);
}

}  // namespace
}  // namespace foretide::coordinator::story
