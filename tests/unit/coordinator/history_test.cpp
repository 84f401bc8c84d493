// Demand history on disk, and what a coordinator that begins again makes of it.
#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "coordinator/io/history_keeper.hpp"
#include "core_world.hpp"
#include "folder.hpp"

namespace foretide::coordinator {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::Optional;
using testing::SizeIs;

const ServiceId kWeb{"web"};
constexpr std::int64_t kStart = 1'700'000'040;  // a full minute

std::vector<HistoryRow> seconds_from(std::int64_t at, int count, std::optional<double> demand) {
  std::vector<HistoryRow> rows;
  for (int i = 0; i < count; ++i) {
    rows.push_back({.at = at + i, .demand = demand, .forecast = {}, .desired = 2, .ready = 1});
  }
  return rows;
}

class HistoryFile : public testing::Test {
 protected:
  std::unique_ptr<History> open() {
    auto history = History::open(folder_.file("history.db"));
    EXPECT_TRUE(history) << history.error();
    return std::move(*history);
  }
  static std::vector<HistoryRow> rows(History& history, HistoryGrain grain) {
    auto rows = history.since(kWeb, grain, 0);
    EXPECT_TRUE(rows) << rows.error();
    return *rows;
  }
  Folder folder_;
};

// 40 s at 3, 20 s unknown           -> a minute of 3
// 20 s at 3, 40 s unknown           -> a minute of which nothing is known
// 30 s of the next minute           -> not yet
TEST_F(HistoryFile, MakesAMinuteOfSecondsWhenItHasEnded) {
  auto history = open();
  ASSERT_TRUE(history->add(kWeb, seconds_from(kStart, 40, 3.0)));
  EXPECT_THAT(rows(*history, HistoryGrain::kMinute), SizeIs(0));
  ASSERT_TRUE(history->add(kWeb, seconds_from(kStart + 40, 20, std::nullopt)));
  ASSERT_TRUE(history->add(kWeb, seconds_from(kStart + 60, 20, 3.0)));
  ASSERT_TRUE(history->add(kWeb, seconds_from(kStart + 80, 70, std::nullopt)));
  const auto minutes = rows(*history, HistoryGrain::kMinute);
  ASSERT_THAT(minutes, SizeIs(2));
  EXPECT_THAT(minutes[0].demand, Optional(3.0));
  EXPECT_EQ(minutes[1].demand, std::nullopt);
  EXPECT_EQ(minutes[1].at, kStart + 60);
}

TEST_F(HistoryFile, CompletesTheMinuteInWhichAFormerLifeEnded) {
  ASSERT_TRUE(open()->add(kWeb, seconds_from(kStart, 50, 3.0)));
  auto history = open();
  ASSERT_TRUE(history->add(kWeb, seconds_from(kStart + 300, 5, 4.0)));
  const auto minutes = rows(*history, HistoryGrain::kMinute);
  ASSERT_THAT(minutes, SizeIs(1));
  EXPECT_THAT(minutes[0].demand, Optional(3.0));
}

TEST_F(HistoryFile, StaysWithinItsBoundsOverThreeYears) {
  auto history = open();
  constexpr int kHours = 24 * 1095;
  // A minute of each hour is enough to be seen, an hour of them to be known.
  for (int hour = 0; hour < kHours; hour += 97) {
    ASSERT_TRUE(history->add(kWeb, seconds_from(kStart + hour * 3600, 60, 1.0)));
  }
  EXPECT_LE(rows(*history, HistoryGrain::kSecond).size(), 3600U);
  EXPECT_LE(rows(*history, HistoryGrain::kMinute).size(), 15U * 24 * 60);
  const auto hours = rows(*history, HistoryGrain::kHour);
  EXPECT_LE(hours.size(), 730U * 24);
  ASSERT_FALSE(hours.empty());
  EXPECT_GE(hours.front().at, kStart + (kHours - 735 * 24) * std::int64_t{3600});
}

TEST_F(HistoryFile, ForgetsServicesThatAreGone) {
  auto history = open();
  ASSERT_TRUE(history->add(kWeb, seconds_from(kStart, 120, 1.0)));
  ASSERT_TRUE(history->trim(kStart + 800 * 86400));
  EXPECT_THAT(rows(*history, HistoryGrain::kSecond), SizeIs(0));
  EXPECT_THAT(rows(*history, HistoryGrain::kMinute), SizeIs(0));
}

TEST_F(HistoryFile, KeepsWhatWasLearnedFromWithItsGaps) {
  auto history = open();
  EXPECT_EQ(*history->steps(kWeb), std::nullopt);
  const LearnedSteps kept{.step_seconds = 5,
                          .end_at = kStart,
                          .loads = {1.5F, std::nullopt, 0.0F},
                          .start_times_ms = {1200, 900}};
  ASSERT_TRUE(history->keep_steps(kWeb, kept));
  const auto read = history->steps(kWeb);
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->step_seconds, 5);
  EXPECT_EQ((*read)->end_at, kStart);
  EXPECT_THAT((*read)->loads, ElementsAre(Optional(1.5F), std::nullopt, Optional(0.0F)));
  EXPECT_THAT((*read)->start_times_ms, ElementsAre(1200, 900));
}

// learned: two steps of 5 s up to 10 s ago; since then 5 s known at 4, then nothing
TEST(Past, JoinsWhatWasLearnedAndTheSecondsSince) {
  const LearnedSteps learned{
      .step_seconds = 5, .end_at = kStart, .loads = {1.0F, 2.0F}, .start_times_ms = {}};
  const DemandPast past = past_of({}, seconds_from(kStart - 30, 35, 4.0), learned, kStart + 10);
  EXPECT_EQ(past.step_seconds, 5.0);
  EXPECT_THAT(past.steps,
              ElementsAre(Optional(1.0F), Optional(2.0F), Optional(4.0F), std::nullopt));
}

// minutes of two hours, seconds of the last 90 s: the seconds are not in the minutes again
TEST(Past, TakesSecondsWhereThereAreAnyAndMinutesBefore) {
  std::vector<HistoryRow> minutes;
  for (int i = 0; i < 120; ++i) {
    minutes.push_back({.at = kStart + 60 * i, .demand = 1.0, .forecast = {}});
  }
  const std::int64_t now = kStart + 120 * 60;
  const DemandPast past = past_of(minutes, seconds_from(now - 60, 60, 2.0), {}, now);
  EXPECT_THAT(past.minutes, SizeIs(119));
  EXPECT_THAT(past.steps, SizeIs(60));
  EXPECT_THAT(past.steps.back(), Optional(2.0F));
}

// A clock that was ten days or a lifetime ahead left a second there.
TEST(Past, TakesNothingOfTimesThatAreStillToCome) {
  const std::int64_t now = kStart + 120 * 60;
  std::vector<HistoryRow> minutes;
  for (int i = 0; i < 120; ++i) {
    minutes.push_back({.at = kStart + 60 * i, .demand = 1.0, .forecast = {}});
  }
  for (const std::int64_t ahead : {std::int64_t{10} * 86400, std::int64_t{75} * 365 * 86400,
                                   std::numeric_limits<std::int64_t>::max() - now}) {
    const DemandPast past = past_of(minutes, seconds_from(now + ahead, 1, 3.0), {}, now);
    EXPECT_THAT(past.minutes, SizeIs(120));
    EXPECT_THAT(past.steps, SizeIs(0));
  }
}

TEST(Past, GoesBackFifteenDaysAtMost) {
  const std::vector<HistoryRow> ancient{
      {.at = std::numeric_limits<std::int64_t>::min(), .demand = 1.0, .forecast = {}},
      {.at = kStart - 7200, .demand = 2.0, .forecast = {}}};
  const DemandPast past = past_of(ancient, {}, {}, kStart);
  EXPECT_THAT(past.minutes, SizeIs(15 * 24 * 60 - 60));
  EXPECT_THAT(past.minutes.at(past.minutes.size() - 60), Optional(2.0F));
}

TEST_F(HistoryFile, LosesWhatAClockThatWasAheadWroteOnceItIsRightAgain) {
  auto history = open();
  ASSERT_TRUE(history->add(kWeb, seconds_from(kStart + 10 * 86400, 120, 1.0)));
  ASSERT_THAT(rows(*history, HistoryGrain::kMinute), SizeIs(2));
  ASSERT_TRUE(history->add(kWeb, seconds_from(kStart, 60, 1.0)));
  EXPECT_THAT(rows(*history, HistoryGrain::kSecond), SizeIs(60));
  EXPECT_THAT(rows(*history, HistoryGrain::kMinute), SizeIs(1));
  ASSERT_TRUE(history->add(kWeb, seconds_from(kStart + 7200, 1, 1.0)));
  ASSERT_TRUE(history->add(kWeb, seconds_from(kStart + 3600, 1, 1.0)));
  EXPECT_THAT(rows(*history, HistoryGrain::kSecond), SizeIs(2)) << "an hour ahead is no harm";
}

TEST_F(HistoryFile, BelievesNoStartTimeOfMoreThanADay) {
  constexpr std::int64_t kDayMs = 86'400'000;
  auto history = open();
  const LearnedSteps kept{.step_seconds = 5,
                          .end_at = kStart,
                          .loads = {},
                          .start_times_ms = {kDayMs, kDayMs + 1, -1, 10'000'000'000'000'000}};
  ASSERT_TRUE(history->keep_steps(kWeb, kept));
  EXPECT_THAT((**history->steps(kWeb)).start_times_ms, ElementsAre(kDayMs));
}

// ---- a restart ----

WallTime wall_at(Instant now) {
  return WallTime(std::chrono::seconds(kStart)) +
         std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch());
}

using story::World;

// Ten minutes of a wave of two minutes, kept every second.
void watch(World& world, HistoryKeeper& keeper, std::chrono::seconds seconds) {
  story::settle(world, story::service_named("web"));
  for (int t = 0; t < seconds.count(); ++t) {
    world.balancers[{"edge"}].rate[kWeb] = 200.0 + 150.0 * std::sin(t * 2.0 * 3.14159265 / 120.0);
    world.pass(std::chrono::seconds(1));
    ASSERT_TRUE(keeper.keep(world.state, world.now, wall_at(world.now)));
  }
}

TEST_F(HistoryFile, LetsForecastsSurviveARestart) {
  World before;
  {
    auto keeper = HistoryKeeper::open(folder_.file("history.db"), wall_at(before.now));
    ASSERT_TRUE(keeper) << keeper.error();
    watch(before, *keeper, std::chrono::seconds(600));
    ASSERT_TRUE(keeper->keep_all(before.state, before.now, wall_at(before.now)));
  }
  ASSERT_TRUE(before.record("web").foresight);

  auto keeper = HistoryKeeper::open(folder_.file("history.db"), wall_at(before.now));
  ASSERT_TRUE(keeper) << keeper.error();
  ClusterSettings cluster;
  cluster.services = {story::service_named("web")};
  const auto pasts = keeper->pasts(cluster, wall_at(before.now));
  ASSERT_TRUE(pasts) << pasts.error();
  ASSERT_TRUE(pasts->contains(kWeb));
  EXPECT_NEAR(static_cast<double>(pasts->at(kWeb).demand.steps.size()), 600.0, 30.0);
  EXPECT_EQ(pasts->at(kWeb).start_times.size(), before.record("web").start_times.count());

  // Of a life that knows it, and of one that does not, after a minute.
  const auto standing_after_a_minute = [&](bool remembers) {
    ServiceRecord service;
    service.id = kWeb;
    service.settings = cluster.services.front();
    if (remembers) service.prediction.remember(pasts->at(kWeb).demand);
    Instant now = before.now;
    for (int t = 0; t < 60; ++t) {
      service.series.add(now, now + std::chrono::seconds(1), 20.0);
      now += std::chrono::seconds(1);
      service.series.close(now, 1, 1.0);
      for (int tick = 0; tick < 10; ++tick) {
        int steps_left = 20;
        service.prediction.advance(service.series, {.capacity = 8.0}, steps_left);
      }
    }
    return service.prediction.foresight()->standing;
  };
  EXPECT_EQ(standing_after_a_minute(false), Foresight::Standing::kLearning);
  EXPECT_NE(standing_after_a_minute(true), Foresight::Standing::kLearning);
}

TEST_F(HistoryFile, LetsTheCapacityThatWasLearnedSurviveARestart) {
  World world;
  story::settle(world, story::service_named("web"));
  world.pass(std::chrono::seconds(5));
  ServiceRecord& service = world.state.services.at(kWeb);
  service.capacity.in_use = 2.5;
  service.capacity.kind_for(service.release, 4.0)->settled = 2.0;
  {
    auto keeper = HistoryKeeper::open(folder_.file("history.db"), wall_at(world.now));
    ASSERT_TRUE(keeper) << keeper.error();
    ASSERT_TRUE(keeper->keep_all(world.state, world.now, wall_at(world.now)));
  }
  auto keeper = HistoryKeeper::open(folder_.file("history.db"), wall_at(world.now));
  ASSERT_TRUE(keeper) << keeper.error();
  ClusterSettings cluster;
  cluster.services = {story::service_named("web")};
  const auto pasts = keeper->pasts(cluster, wall_at(world.now));
  ASSERT_TRUE(pasts && pasts->contains(kWeb));
  const LearnedCapacity& kept = pasts->at(kWeb).capacity;
  EXPECT_THAT(kept.in_use, Optional(2.5));
  ASSERT_THAT(kept.kinds, SizeIs(1));
  EXPECT_EQ(kept.kinds[0].release, service.release);
  EXPECT_THAT(kept.kinds[0].settled, Optional(2.0));
}

}  // namespace
}  // namespace foretide::coordinator
