// The predictor of a running service: its grid, its budget, and how one follows another.
#include <gmock/gmock.h>

#include <cmath>

#include "coordinator/core/prediction.hpp"

namespace foretide::coordinator {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Optional;
using testing::SizeIs;

// start    step, ahead     because
// 0.1 s    1 s, 1          nothing is finer than a second
// 3 s      1 s, 3
// 30 s     5 s, 6          a sixth of it
// 45 s     6 s, 8          a sixth would be 7.5, which divides no minute
// 20 min   60 s, 20        nothing is coarser than a minute
// 2 days   60 s, 1000      and nothing looks further than a thousand steps
TEST(PredictionGrid, IsAboutASixthOfTheStart) {
  const auto is = [](Duration start, std::int64_t step, std::int64_t ahead) {
    EXPECT_EQ(grid_for(start), (PredictionGrid{step, ahead})) << seconds_in(start);
  };
  is(100ms, 1, 1);
  is(3s, 1, 3);
  is(30s, 5, 6);
  is(45s, 6, 8);
  is(20min, 60, 20);
  is(48h, 60, 1000);
}

TEST(PredictionGrid, StaysUntilStartsAreClearlyOthers) {
  const PredictionGrid grid = grid_for(30s);
  EXPECT_TRUE(still_fits(grid, 32s));
  EXPECT_TRUE(still_fits(grid, 22s));
  EXPECT_FALSE(still_fits(grid, 36s)) << "it would be late";
  EXPECT_FALSE(still_fits(grid, 10s)) << "it looks too far";
}

// A series that is given second by second, and a prediction that takes it in as ticks do.
struct Watched {
  DemandSeries series;
  Prediction prediction;
  PredictionNeeds needs{.start = 2s, .capacity = 4.0, .workers_max = 20, .window = 60s};
  Instant now{1000s};

  void second(std::optional<double> load) {
    if (load) series.add(now, now + 1s, *load);
    now += 1s;
    series.close(now + (load ? 0s : 3s), 1, 1.0);
  }
  int tick(int steps = 20) {
    int left = steps;
    prediction.advance(series, needs, left);
    return steps - left;
  }
  void watch(int seconds, double load = 10.0) {
    for (int i = 0; i < seconds; ++i) {
      second(load + 4.0 * std::sin(static_cast<double>(i) / 20.0));
      for (int ticks = 0; ticks < 10; ++ticks) tick();
    }
  }
  Foresight::Standing standing() const { return prediction.foresight()->standing; }
};

TEST(Prediction, LearnsAndThenExpectsWhatComes) {
  Watched it;
  it.watch(30);
  EXPECT_EQ(it.standing(), Foresight::Standing::kLearning);
  it.watch(400);
  EXPECT_EQ(it.standing(), Foresight::Standing::kPays);
  EXPECT_NEAR(it.prediction.foresight()->expected, 2.5, 1.2);
}

TEST(Prediction, TakesInNoMoreAtOnceThanItIsAllowed) {
  Watched it;
  it.watch(10);
  for (int i = 0; i < 50; ++i) it.second(10.0);
  EXPECT_EQ(it.tick(20), 20);
  EXPECT_EQ(it.tick(20), 20);
  EXPECT_EQ(it.tick(20), 10);
  EXPECT_EQ(it.tick(20), 0);
}

// Workers turn out to take 30 s: steps of 5 s, six ahead. Until the new predictor is grown the
// former goes on speaking, and the new one has learned all that the former saw.
TEST(Prediction, GrowsAnotherFromThePastWhenStartsTakeLonger) {
  Watched it;
  it.watch(600);
  EXPECT_EQ(it.prediction.step(), 1s);
  it.needs.start = 30s;
  it.tick(1);
  EXPECT_EQ(it.prediction.step(), 1s) << "the former speaks";
  EXPECT_TRUE(it.prediction.foresight());
  for (int i = 0; i < 20; ++i) it.tick();
  EXPECT_EQ(it.prediction.step(), 5s);
  EXPECT_EQ(it.prediction.ahead(), 35s);
  ASSERT_TRUE(it.prediction.learned());
  EXPECT_EQ(it.prediction.learned()->loads.size(), 120U);
  EXPECT_EQ(it.standing(), Foresight::Standing::kPays);
}

TEST(Prediction, CountsInWorkersOfTheNewCapacityWhenThatChanges) {
  Watched it;
  it.watch(400);
  const double before = it.prediction.foresight()->expected;
  it.needs.capacity = 2.0;
  for (int i = 0; i < 60; ++i) it.tick();
  EXPECT_NEAR(it.prediction.foresight()->expected, 2.0 * before, 0.3 * before);
}

TEST(Foresight, IsReadInWorkersOfWhatTheyAreWorthNow) {
  Foresight foresight;
  foresight.workers = 3;
  foresight.expected = 2.5;
  foresight.capacity = 2.0;
  EXPECT_EQ(foresight.in_workers_of(2.0, foresight.workers), 3U);
  EXPECT_EQ(foresight.in_workers_of(20.0, foresight.workers), 1U);
  EXPECT_EQ(foresight.in_workers_of(0.5, foresight.workers), 12U);
  EXPECT_EQ(foresight.load(), 5.0);
}

TEST(Prediction, IsNotKeptFromGrowingByACapacityThatIsLearnedInSteps) {
  Watched it;
  it.watch(300);
  const std::uint64_t speaking = it.prediction.stand().speaking;
  for (int second = 0; second < 450; ++second) {
    if (second % 30 == 0) it.needs.capacity *= 0.9;
    it.second(10.0);
    it.tick(3);  // one for who speaks, two for who grows: it takes longer than half a minute
  }
  EXPECT_GT(it.prediction.stand().speaking, speaking);
}

// p90 of start times goes to and fro between 10 s and 30 s; each is grown from more than that.
TEST(Prediction, IsNotMadeAnewTwiceInFiveMinutesForStartTimesAlone) {
  Watched it;
  it.needs.start = 10s;
  for (int i = 0; i < 1000; ++i) it.second(10.0);
  it.tick(4000);
  int makings = 0;
  for (int second = 0; second < 600; ++second) {
    it.second(10.0);
    it.needs.start = second / 10 % 2 == 0 ? 10s : 30s;
    it.tick(4000);
    makings += it.prediction.take_making() ? 1 : 0;
  }
  EXPECT_GE(makings, 2);  // the first of them, and
  EXPECT_LE(makings, 3);
}

TEST(Prediction, DoesNotTakeAGapForSilence) {
  Watched it;
  it.watch(400);
  for (int i = 0; i < 30; ++i) {
    it.second(std::nullopt);
    it.tick();
  }
  EXPECT_GT(it.prediction.foresight()->expected, 1.0);
  const auto learned = it.prediction.learned();
  ASSERT_TRUE(learned);
  EXPECT_EQ(learned->loads.back(), std::nullopt);
}

// 6 steps of 5 s are 3 of 10 s, but nobody knows what they were in steps of 3 s
TEST(DemandPast, IsJoinedIntoLongerStepsAndElseIntoMinutes) {
  DemandPast past{.minutes = {1.0F},
                  .step_seconds = 5.0,
                  .steps = {1.0F, 3.0F, std::nullopt, std::nullopt, 4.0F, std::nullopt}};
  const DemandPast longer = in_steps_of(past, 10.0);
  EXPECT_THAT(longer.steps, ElementsAre(Optional(2.0F), std::nullopt, Optional(4.0F)));
  EXPECT_THAT(longer.minutes, SizeIs(1));
  past.steps.insert(past.steps.end(), 6, 2.0F);
  const DemandPast other = in_steps_of(past, 3.0);
  EXPECT_THAT(other.steps, SizeIs(0));
  EXPECT_THAT(other.minutes, SizeIs(2));
  EXPECT_THAT(in_steps_of(past, 60.0).steps, SizeIs(2)) << "minutes are steps then";
}

// A fortnight of minutes, remembered: what came at this hour yesterday is foreseen at once.
TEST(Prediction, KnowsTheHourOfTheDayFromWhatItRemembers) {
  Watched it;
  it.needs.start = 600s;
  DemandPast past{.minutes = {}, .step_seconds = 60.0, .steps = {}};
  const auto load = [](int minute) { return minute % 1440 < 720 ? 4.0F : 40.0F; };
  for (int minute = 0; minute < 14 * 1440 + 715; ++minute) past.minutes.push_back(load(minute));
  it.prediction.remember(past);
  it.second(4.0);
  for (int i = 0; i < 300; ++i) it.tick();
  it.watch(61, 4.0);
  ASSERT_TRUE(it.prediction.foresight());
  EXPECT_GT(it.prediction.foresight()->expected, 3.0) << "ten are needed in five minutes";
}

// ---- following another by its record ----

// Takes down what a run's prediction was made of and fed with, and does the same with another.
struct Follower {
  DemandSeries series;
  Prediction prediction;
  PredictionStand stand;
  std::optional<PredictionMaking> last_making;

  void follow(Watched& it) {
    for (std::int64_t second = std::max(series.end(), it.series.first()); second < it.series.end();
         ++second) {
      series.restore(second, it.series.load(second));
    }
    if (auto making = it.prediction.take_making()) {
      prediction.make(*making);
      last_making = std::move(making);
    }
    if (it.prediction.stand() == stand) return;
    stand = it.prediction.stand();
    ASSERT_TRUE(prediction.follow(stand, series, it.needs.shortage));
    const auto &was = it.prediction.foresight(), &is = prediction.foresight();
    ASSERT_EQ(was.has_value(), is.has_value());
    if (!was) return;
    ASSERT_EQ(was->expected, is->expected);
    ASSERT_EQ(was->price, is->price);
    ASSERT_EQ(was->workers, is->workers);
    ASSERT_EQ(was->workers_thinkable, is->workers_thinkable);
    ASSERT_EQ(was->standing, is->standing);
    ASSERT_EQ(was->bill.unserved, is->bill.unserved);
  }
};

TEST(Prediction, IsFollowedToTheLastBitByItsRecord) {
  Watched it;
  Follower other;
  for (int second = 0; second < 1500; ++second) {
    const double load = 10.0 + 9.0 * std::sin(second / 25.0) + second % 7;
    it.second(second % 100 > 93 ? std::nullopt : std::optional(load));
    if (second == 300) it.needs.start = 30s;
    if (second == 310) it.needs.shortage = 0.05;  // while another is grown
    if (second == 600) it.needs.capacity = 2.0;
    if (second == 601) it.needs.start = 3s;
    if (second == 900) it.needs.shortage = 0.02;
    if (second == 1200) it.prediction.forget();
    for (int ticks = 0; ticks < 4; ++ticks) {
      it.tick(3);
      ASSERT_NO_FATAL_FAILURE(other.follow(it)) << "second " << second;
    }
  }
  EXPECT_GE(it.prediction.stand().speaking, 4U);
}

TEST(Prediction, FollowsNoRecordThatCannotBe) {
  Watched it;
  it.watch(100);
  const auto making = it.prediction.take_making();
  ASSERT_TRUE(making);
  PredictionStand stand = it.prediction.stand();
  Prediction other;
  EXPECT_FALSE(other.follow(stand, it.series, it.needs.shortage)) << "its making is not known";
  other.make(*making);
  EXPECT_TRUE(other.follow(stand, it.series, it.needs.shortage));
  stand.speaking_steps = std::int64_t{1} << 60;
  EXPECT_FALSE(other.follow(stand, it.series, it.needs.shortage));
}

// Nobody waits for it: the former speaks until the new one has seen all that it has.
TEST(Prediction, IsMadeAnewAfterHalfADay) {
  Watched it;
  it.needs.start = 1h;  // steps of a minute, so that the day is short
  Follower other;
  bool fell_silent = false;
  for (int second = 0; second < 13 * 3600; ++second) {
    it.second(10.0 + 4.0 * std::sin(second / 2000.0));
    it.tick();
    ASSERT_NO_FATAL_FAILURE(other.follow(it)) << "second " << second;
    fell_silent = fell_silent || (second > 6 * 3600 && !it.prediction.foresight());
  }
  EXPECT_EQ(it.prediction.stand().speaking, 2U);
  EXPECT_EQ(it.prediction.stand().growing, 0U);
  EXPECT_FALSE(fell_silent);
  EXPECT_LE(it.tick(), 1);
  // What it learned of prices goes on, however short the past that it is grown from.
  ASSERT_TRUE(other.last_making->prices);
  EXPECT_GE(other.last_making->prices->shares.steps, 700);
  EXPECT_GE(other.last_making->prices->aim.steps, 700);
}

TEST(Prediction, GoesOnFromWhatTheFormerLearnedOfPrices) {
  const auto price_with = [](std::optional<PricesLearned> prices) {
    PredictionMaking making{.number = 1, .needs = Watched().needs, .prices = std::move(prices)};
    making.past.steps.assign(2000, 10.0F);
    Prediction prediction;
    prediction.make(making);
    PredictionStand stand{.speaking = 1, .foreseen_by = 1, .speaking_steps = 2000};
    stand.foreseen_steps = 2000;
    EXPECT_TRUE(prediction.follow(stand, DemandSeries(), making.needs.shortage));
    return prediction.foresight()->price;
  };
  PricesLearned prices;
  prices.aim = {.steps = 10'000, .right = 7, .mean = 7.0};
  EXPECT_NEAR(price_with(prices), price_at(7), 1e-9);
  EXPECT_LT(price_with({}), price_at(5)) << "nothing is ever unserved";
}

}  // namespace
}  // namespace foretide::coordinator
