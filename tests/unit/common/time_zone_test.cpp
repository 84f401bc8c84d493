// What clocks show and when they reach a time, and how that is read out of the system's files.
#include "common/time_zone.hpp"

#include <gtest/gtest.h>

#include <string>

#include "common/settings/zone_data.hpp"
#include "common/settings/zone_file.hpp"
#include "common/settings/zone_rule.hpp"

namespace foretide {
namespace {

using namespace std::literals;
using settings::periods_of_rule;
using settings::zone_in;
using settings::zone_named;
using std::chrono::local_days;
using std::chrono::local_seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year;

const char* const kBerlin = "CET-1CEST,M3.5.0,M10.5.0/3";
const char* const kNewYork = "EST5EDT,M3.2.0,M11.1.0";

TimeZone zone_of(const std::string& rule) {
  const auto periods = periods_of_rule(rule, year{2019}, year{2029});
  EXPECT_TRUE(periods) << rule;
  return {rule, periods.value_or(std::vector<TimeZone::Period>{{}})};
}

sys_seconds utc(int y, unsigned m, unsigned d, std::chrono::seconds of_day = 0s) {
  return sys_days{year{y} / std::chrono::month{m} / std::chrono::day{d}} + of_day;
}
local_seconds local(int y, unsigned m, unsigned d, std::chrono::seconds of_day = 0s) {
  return local_seconds(utc(y, m, d, of_day).time_since_epoch());
}

TEST(TimeZone, OfUtcShowsWhatThereIs) {
  EXPECT_EQ(shown_at({}, utc(2026, 7, 1, 8h)), local(2026, 7, 1, 8h));
  EXPECT_EQ(reached_at({}, utc(1971, 7, 1, 8h)), local(1971, 7, 1, 8h));
  EXPECT_EQ(moment_of({}, local(2090, 7, 1, 8h)), utc(2090, 7, 1, 8h));
}

// Berlin, 2027-03-28: 01:59:59 is followed by 03:00.
TEST(TimeZone, ReachesASkippedTimeAsTheClocksJump) {
  const TimeZone berlin = zone_of(kBerlin);
  EXPECT_EQ(moment_of(berlin, local(2027, 3, 28, 1h + 59min)), utc(2027, 3, 28, 59min));
  EXPECT_EQ(moment_of(berlin, local(2027, 3, 28, 2h)), utc(2027, 3, 28, 1h));
  EXPECT_EQ(moment_of(berlin, local(2027, 3, 28, 2h + 30min)), utc(2027, 3, 28, 1h));
  EXPECT_EQ(moment_of(berlin, local(2027, 3, 28, 3h)), utc(2027, 3, 28, 1h));
  EXPECT_EQ(moment_of(berlin, local(2027, 3, 28, 3h + 30min)), utc(2027, 3, 28, 1h + 30min));
  EXPECT_EQ(shown_at(berlin, utc(2027, 3, 28, 1h)), local(2027, 3, 28, 3h));
}

// Berlin, 2027-10-31: 02:59:59 is followed by 02:00.
TEST(TimeZone, ReachesARepeatedTimeOnceAtTheFirst) {
  const TimeZone berlin = zone_of(kBerlin);
  EXPECT_EQ(moment_of(berlin, local(2027, 10, 31, 2h + 30min)), utc(2027, 10, 31, 30min));
  EXPECT_EQ(moment_of(berlin, local(2027, 10, 31, 3h)), utc(2027, 10, 31, 2h));
  EXPECT_EQ(shown_at(berlin, utc(2027, 10, 31, 1h + 30min)), local(2027, 10, 31, 2h + 30min));
  EXPECT_EQ(reached_at(berlin, utc(2027, 10, 31, 1h + 30min)), local(2027, 10, 31, 3h - 1s));
  EXPECT_EQ(reached_at(berlin, utc(2027, 10, 31, 2h)), local(2027, 10, 31, 3h));
}

// Through a whole year of each, in steps of five minutes: what is reached is the latest that was
// shown, and a time is reached at the moment that moment_of says and not before.
TEST(TimeZone, NeverGoesBack) {
  for (const char* rule : {kBerlin, kNewYork, "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "UTC0"}) {
    const TimeZone zone = zone_of(rule);
    local_seconds latest = shown_at(zone, utc(2027, 1, 1));
    for (sys_seconds at = utc(2027, 1, 1); at < utc(2028, 1, 1); at += 5min) {
      latest = std::max(latest, shown_at(zone, at));
      const local_seconds reached = reached_at(zone, at);
      ASSERT_GE(reached, latest) << rule;
      ASSERT_LT(reached, latest + 5min) << rule;
      ASSERT_LE(moment_of(zone, reached), at) << rule;
      ASSERT_GT(moment_of(zone, reached + 1s), at) << rule;
    }
  }
}

struct Change {
  std::string rule;
  sys_seconds begins;
  std::chrono::seconds offset;
};

TEST(ZoneRule, SaysWhenTheClocksChange) {
  const std::vector<Change> table{
      {kBerlin, utc(2027, 3, 28, 1h), 2h},
      {kBerlin, utc(2027, 10, 31, 1h), 1h},
      {kNewYork, utc(2027, 3, 14, 7h), -4h},
      {kNewYork, utc(2027, 11, 7, 6h), -5h},
      {"AEST-10AEDT,M10.1.0,M4.1.0/3", utc(2027, 4, 3, 16h), 10h},
      {"IST-1GMT0,M10.5.0,M3.5.0/1", utc(2027, 10, 31, 1h), 0h},       // winter time by law
      {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", utc(2027, 3, 28, 1h), -1h},  // Nuuk: the day before
      {"IST-2IDT,M3.4.4/26,M10.5.0", utc(2027, 3, 26), 3h},            // and the day after
      {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", utc(2027, 10, 2, 15h + 30min), 11h},
      {"XXX3YYY,J60/0,J300/0", utc(2027, 3, 1, 3h), -2h},
      {"XXX3YYY,J60/0,J300/0", utc(2028, 3, 1, 3h), -2h},  // in a leap year too
      {"XXX3YYY,59/0,300/0", utc(2028, 2, 29, 3h), -2h},   // not so without J
  };
  for (const Change& row : table) {
    EXPECT_EQ(zone_of(row.rule).periods.size(), 22u) << row.rule;
    EXPECT_EQ(shown_at(zone_of(row.rule), row.begins).time_since_epoch(),
              (row.begins + row.offset).time_since_epoch())
        << row.rule;
    EXPECT_NE(shown_at(zone_of(row.rule), row.begins - 1s).time_since_epoch(),
              (row.begins - 1s + row.offset).time_since_epoch())
        << row.rule;
  }
}

TEST(ZoneRule, RefusesWhatIsNone) {
  for (const char* rule :
       {"", "CET", "CE-1", "-1", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M3.5.0,M10.5.0/3x",
        "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.0.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,M3.5,M10.5.0", "CET-1CEST,J0,J1", "CET-1CEST,366,1",
        "CET-1CEST,M3.5.0/168,M10.5.0", "CET-1:60", "CET-999", "<CET-1", "CET-1CEST,,"}) {
    EXPECT_FALSE(periods_of_rule(rule, year{2020}, year{2060})) << rule;
  }
}

// A file with these changes, each to an offset of so many hours, behind one of 0.
struct Bytes {
  std::vector<std::pair<sys_seconds, int>> changes;
  std::string rule;
  std::uint32_t leaps = 0;
  char version = '2';

  static std::string number(std::int64_t value, int size) {
    std::string text;
    for (int i = size - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i) & 0xFF);
    return text;
  }
  std::string text() const {
    const auto count = static_cast<std::int64_t>(changes.size());
    const std::string magic = std::string("TZif") + version + std::string(15, '\0');
    std::string block = magic + number(0, 4) + number(0, 4) + number(leaps, 4) + number(count, 4) +
                        number(count + 1, 4) + number(4, 4);
    for (const auto& change : changes) block += number(change.first.time_since_epoch() / 1s, 8);
    for (int i = 1; i <= count; ++i) block += static_cast<char>(i);
    block += std::string(6, '\0');
    for (const auto& change : changes) block += number(change.second * 3600, 4) + "\0\0"s;
    return magic + std::string(24, '\0') + block + "LMT\0"s + std::string(leaps * 12, '\0') + "\n" +
           rule + "\n";
  }
};

TEST(ZoneData, KeepsWhatHoldsFrom2020To2060) {
  const Bytes bytes{.changes = {{utc(1980, 4, 6), 2},
                                {utc(2019, 9, 29), 1},
                                {utc(2021, 1, 1), 3},
                                {utc(2022, 1, 1), 3}},
                    .rule = "<+04>-4"};
  const auto zone = zone_in(bytes.text(), "X");
  ASSERT_TRUE(zone) << zone.error();
  EXPECT_EQ(*zone, (TimeZone{"X", {{utc(2020, 1, 1), 1h}, {utc(2021, 1, 1), 3h}}}))
      << "the rule agrees with the last change, and begins no period before it";
}

// A list that ends in 1996, and the rule from then on.
TEST(ZoneData, GoesOnByTheRule) {
  const Bytes north{.changes = {{utc(1996, 10, 27, 1h), 1}}, .rule = kBerlin};
  const auto berlin = zone_in(north.text(), "Europe/Berlin");
  ASSERT_TRUE(berlin) << berlin.error();
  EXPECT_EQ(berlin->periods.size(), 1u + 2 * 41);
  EXPECT_EQ(shown_at(*berlin, utc(2020, 1, 1)), local(2020, 1, 1, 1h));
  EXPECT_EQ(shown_at(*berlin, utc(2060, 7, 1)), local(2060, 7, 1, 2h));
  EXPECT_EQ(shown_at(*berlin, utc(2061, 7, 1)), local(2061, 7, 1, 1h)) << "beyond, the last holds";
  const Bytes south{.changes = {{utc(2008, 4, 5, 16h), 10}},
                    .rule = "AEST-10AEDT,M10.1.0,M4.1.0/3"};
  const auto sydney = zone_in(south.text(), "Australia/Sydney");
  ASSERT_TRUE(sydney) << sydney.error();
  EXPECT_EQ(shown_at(*sydney, utc(2020, 1, 1)), local(2020, 1, 1, 11h)) << "summer since 2019";
}

TEST(ZoneData, RefusesWhatIsNoZoneFile) {
  const Bytes good{.changes = {{utc(1996, 10, 27, 1h), 1}}, .rule = kBerlin};
  const std::string text = good.text();
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(zone_in(text.substr(0, size), "X")) << size;
  }
  const auto problem_of = [](const Bytes& bytes) {
    const auto zone = zone_in(bytes.text(), "X");
    return zone ? "" : zone.error();
  };
  EXPECT_EQ(problem_of({.version = '\0'}), "it is of a version that ends in 2037");
  EXPECT_EQ(problem_of({.leaps = 1}), "it counts leap seconds, which no clock of ours does");
  EXPECT_EQ(problem_of({.rule = "CET"}), "it ends with a rule that is none");
  EXPECT_EQ(problem_of({.changes = {{utc(2021, 1, 1), 27}}}), "an offset is too large");
  EXPECT_EQ(problem_of({.changes = {{utc(2021, 1, 1), 1}, {utc(2020, 1, 1), 2}}}),
            "its changes are not in order");
  std::string wrong = text;
  wrong[44 + 44 + 8] = 9;
  EXPECT_EQ(zone_in(wrong, "X").error(), "it names an offset that it does not list");
  std::string huge = text;
  huge.replace(44 + 20 + 12, 4, "\xFF\xFF\xFF\xFF");
  EXPECT_EQ(zone_in(huge, "X").error(), "it ends too early");
}

// Years that are past, which no law changes any more.
TEST(ZoneFile, ReadsTheZonesOfTheSystem) {
  const auto berlin = zone_named("Europe/Berlin");
  ASSERT_TRUE(berlin) << berlin.error();
  EXPECT_EQ(berlin->name, "Europe/Berlin");
  const auto new_york = zone_named("America/New_York");
  ASSERT_TRUE(new_york) << new_york.error();
  for (sys_seconds at = utc(2020, 3, 1); at < utc(2025, 1, 1); at += 1h) {
    ASSERT_EQ(shown_at(*berlin, at), shown_at(zone_of(kBerlin), at));
    ASSERT_EQ(shown_at(*new_york, at), shown_at(zone_of(kNewYork), at));
  }
}

TEST(ZoneFile, SaysWhatIsNoZoneAndWhichWasMeant) {
  const auto problem_of = [](const std::string& name) {
    const auto zone = zone_named(name);
    return zone ? "" : zone.error();
  };
  EXPECT_EQ(problem_of("Europe/Berln"), "which is no time zone, did you mean 'Europe/Berlin'?");
  EXPECT_EQ(problem_of("europe/berlin"), "which is no time zone, did you mean 'Europe/Berlin'?");
  const std::string wants =
      "which is no time zone, wants UTC or a name of the time zone database such as Europe/Berlin";
  for (const std::string name : {"Middle/Earth", "", "Europe", "/etc/passwd", "../../etc/passwd",
                                 "Europe/../Europe/Berlin"}) {
    EXPECT_EQ(problem_of(name), wants) << name;
  }
}

TEST(ZoneFile, HasUtcAloneOnAHostWithoutTimeZones) {
  EXPECT_TRUE(zone_named("UTC", "/nowhere"));
  const auto berlin = zone_named("Europe/Berlin", "/nowhere");
  ASSERT_FALSE(berlin);
  EXPECT_EQ(berlin.error(),
            "but this host has no time zones (/nowhere), install tzdata, or use UTC");
}

}  // namespace
}  // namespace foretide
