// `scale.schedule` in a cluster file.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/settings/cluster_file.hpp"
#include "common/settings/cron_text.hpp"

namespace foretide {
namespace {

using namespace std::chrono_literals;

Result<ClusterSettings> parsed(const std::string& windows, const std::string& scale = "max: 20") {
  return parse_cluster("version: 1\nservices:\n  web:\n    command: ./s\n    scale:\n      " +
                           scale + "\n      schedule:\n" + windows,
                       "f");
}

Cron cron(const std::string& text) {
  return settings::parse_cron(text).value();
}

TEST(Schedule, IsReadWithItsZones) {
  const auto read = parsed(
      "        - {from: \"0 8 * * mon-fri\", to: 0 18 * * mon-fri, zone: Europe/Berlin, min: 6}\n"
      "        - from: 30 23 24 12 *\n"
      "          for: 3h\n"
      "          min: 20\n"
      "        - {from: \"@daily\", to: \"@hourly\", zone: UTC, min: 1}\n");
  ASSERT_TRUE(read) << read.error();
  const auto& schedule = read->services[0].scale.schedule;
  ASSERT_EQ(schedule.size(), 3u);
  EXPECT_EQ(schedule[0].from, cron("0 8 * * 1-5"));
  EXPECT_EQ(std::get<Cron>(schedule[0].until), cron("0 18 * * 1-5"));
  EXPECT_EQ(schedule[0].zone.name, "Europe/Berlin");
  EXPECT_GT(schedule[0].zone.periods.size(), 40u);
  EXPECT_EQ(schedule[0].min, 6u);
  EXPECT_EQ(std::get<std::chrono::milliseconds>(schedule[1].until), 3h);
  EXPECT_EQ(schedule[1].zone, TimeZone{});
  EXPECT_EQ(schedule[1].min, 20u);
  EXPECT_EQ(schedule[2].zone, TimeZone{});
}

TEST(Schedule, MayBeEmpty) {
  const auto read =
      parse_cluster("version: 1\nservices: {web: {command: ./s, scale: {schedule: []}}}\n", "f");
  ASSERT_TRUE(read) << read.error();
  EXPECT_TRUE(read->services[0].scale.schedule.empty());
}

struct Bad {
  std::string windows, problems;
};

TEST(Schedule, TellsWhatIsWrongWhereItStands) {
  const std::vector<Bad> table{
      {"        - {from: \"0 25 * * *\", for: 1h, min: 2}\n",
       "f:8:18: 'from' is '0 25 * * *', whose hour is '25', wants 0 to 23, *, lists (1,2), ranges "
       "(1-5) or steps (*/2)"},
      {"        - from: 0 8 * * *\n          to: 0 18 * *\n          min: 2\n",
       "f:9:15: 'to' is '0 18 * *', wants five fields (minute, hour, day of the month, month, day "
       "of the week) such as \"0 8 * * mon-fri\", or one of @hourly, @daily, @weekly, @monthly, "
       "@yearly"},
      {"        - {from: \"30 2 30 2 *\", for: 1h, min: 2}\n",
       "f:8:18: 'from' is '30 2 30 2 *', which never comes, no such month has that day"},
      {"        - {from: 0 8 * * *, to: 0 8 31 4 *, min: 2}\n",
       "f:8:33: 'to' is '0 8 31 4 *', which never comes, no such month has that day"},
      {"        - {from: 0 8 * * *, to: 0 9 * * *, for: 1h, min: 2}\n",
       "f:8:44: a window of 'schedule' has a 'to' and a 'for', keep one of them"},
      {"        - {from: 0 8 * * *, min: 2}\n",
       "f:8:11: 'to' is missing, write when the window ends such as to: \"0 18 * * *\", or for: "
       "3h"},
      {"        - {min: 2, for: 1h}\n",
       "f:8:11: 'from' is missing, write when the window begins such as from: \"0 8 * * mon-fri\""},
      {"        - {from: 0 8 * * *, for: 1h}\n",
       "f:8:11: 'min' is missing, write how many workers there are to be in the window"},
      {"        - {from: 0 8 * * *, for: 1h, min: 21}\n",
       "f:8:38: 'min' is 21, more than 'max' of 'scale', which is 20, raise 'max'"},
      {"        - {from: 0 8 * * *, for: 1h, min: 0}\n",
       "f:8:43: 'min' is '0', wants a whole number from 1 to 2000"},
      {"        - {from: 0 8 * * *, for: 30s, min: 2}\n",
       "f:8:34: 'for' is '30s', wants a duration from 1m to 366d"},
      {"        - {from: 0 8 * * *, for: 1h, min: 2, zone: Europe/Berln}\n",
       "f:8:52: 'zone' is 'Europe/Berln', which is no time zone, did you mean 'Europe/Berlin'?"},
      {"        - {from: 0 8 * * *, for: 1h, min: 2, zoen: UTC}\n",
       "f:8:46: unknown key 'zoen' in a window of 'schedule', did you mean 'zone'?"},
      {"        - 0 8 * * *\n",
       "f:8:11: 'schedule' is '0 8 * * *', wants a map with some of: from, to, for, zone, min"},
      {"          {from: 0 8 * * *, for: 1h, min: 2}\n",
       "f:8:11: 'schedule' is a map, wants a list of windows such as - {from: \"0 8 * * mon-fri\", "
       "to: \"0 18 * * *\", min: 6}"},
  };
  for (const Bad& bad : table) {
    const auto read = parsed(bad.windows);
    ASSERT_FALSE(read) << bad.windows;
    EXPECT_EQ(read.error(), bad.problems);
  }
}

TEST(Schedule, IsHeldToTheMaxThatNobodyGave) {
  const auto read = parsed("        - {from: 0 8 * * *, for: 1h, min: 11}\n", "min: 1");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error(),
            "f:8:38: 'min' is 11, more than 'max' of 'scale', which is 10 unless given, raise "
            "'max'");
}

TEST(Schedule, HasFiftyWindowsAtMost) {
  std::string windows;
  for (int i = 0; i < 50; ++i) windows += "        - {from: 0 8 * * *, for: 1h, min: 2}\n";
  EXPECT_TRUE(parsed(windows));
  windows += "        - {from: 0 8 * * *, for: 1h, min: 2}\n";
  ASSERT_FALSE(parsed(windows));
  EXPECT_EQ(parsed(windows).error(), "f:58:11: a window too many, 50 at most");
}

}  // namespace
}  // namespace foretide
