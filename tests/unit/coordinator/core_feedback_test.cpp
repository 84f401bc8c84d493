// What came of decisions: forecasts held against the load that came, workers against demand.
#include <gmock/gmock.h>

#include <cmath>

#include "core_world.hpp"

namespace foretide::coordinator::story {
namespace {

using testing::DoubleNear;
using testing::Optional;

// Adds a second of this load to a series; nothing is a second that nobody covered.
void add_second(DemandSeries& series, Instant& at, std::optional<double> load) {
  if (load) series.add(at, at + 1s, *load);
  at += 1s;
  series.close(at + (load ? 0s : 3s), 1, 1.0);
}

// Each second a forecast for five seconds later, of a load that is `load(t)`.
struct Forecasts {
  DemandSeries series;
  ForecastScore score;
  Instant at{100s};

  template <class Load, class Expected>
  void play(int seconds, Load load, Expected expected, double covered) {
    for (int i = 0; i < seconds; ++i) {
      const std::int64_t t = DemandSeries::second_of(at);
      add_second(series, at, load(t));
      score.expect({.begin = t + 5,
                    .end = t + 6,
                    .expected = expected(t + 5),
                    .covered = covered,
                    .last = load(t)});
      score.settle(series);
    }
  }
};

double rising(std::int64_t t) {
  return static_cast<double>(t);
}

// load rises by 1 a second, looked at 5 s ahead     error   that of the last value
// expected 1 too much                                1       5
TEST(ForecastScore, IsTheErrorOverThatOfTheLastValue) {
  Forecasts it;
  it.play(
      60, rising, [](std::int64_t t) { return rising(t) + 1.0; }, 1e9);
  EXPECT_THAT(it.score.error_ratio(), Optional(DoubleNear(0.2, 1e-9)));
  EXPECT_THAT(it.score.coverage(), Optional(1.0));
}

TEST(ForecastScore, TellsWhetherTooMuchOrTooLittleIsExpected) {
  Forecasts it;
  const auto steady = [](std::int64_t) { return 10.0; };
  it.play(
      60, steady, [](std::int64_t) { return 9.0; }, 1e9);
  EXPECT_THAT(it.score.bias(), Optional(DoubleNear(-0.1, 1e-9)));
  EXPECT_EQ(it.score.error_ratio(), std::nullopt) << "the last value was never wrong";
}

// every fourth second has 20, workers for 16 were asked for
TEST(ForecastScore, CountsTheTimeThatWasCovered) {
  Forecasts it;
  const auto peaks = [](std::int64_t t) { return t % 4 == 0 ? 20.0 : 16.0; };
  it.play(205, peaks, peaks, 16.0);
  EXPECT_THAT(it.score.coverage(), Optional(DoubleNear(0.75, 1e-3)));
}

TEST(ForecastScore, SaysNothingBeforeTwentyForecastsHadTheirTime) {
  Forecasts it;
  it.play(24, rising, rising, 1e9);
  EXPECT_EQ(it.score.coverage(), std::nullopt);
  it.play(1, rising, rising, 1e9);
  EXPECT_THAT(it.score.coverage(), Optional(1.0));
}

TEST(ForecastScore, JudgesNobodyByWhatIsNotKnown) {
  Forecasts it;
  it.play(60, rising, rising, 1e9);
  const auto bias = it.score.bias();
  for (int i = 0; i < 5; ++i) add_second(it.series, it.at, std::nullopt);
  it.score.settle(it.series);
  EXPECT_EQ(it.score.bias(), bias);
  EXPECT_THAT(it.score.coverage(), Optional(1.0));
}

// A forecast that was wrong all of yesterday and right ever since.
TEST(ForecastScore, ForgetsByHalvesInHalfADay) {
  Forecasts it;
  const auto steady = [](std::int64_t) { return 10.0; };
  it.play(
      12 * 3600, steady, [](std::int64_t) { return 20.0; }, 5.0);
  EXPECT_THAT(it.score.coverage(), Optional(0.0));
  it.play(12 * 3600, steady, steady, 15.0);
  EXPECT_THAT(it.score.coverage(), Optional(DoubleNear(2.0 / 3.0, 0.001)));
  EXPECT_THAT(it.score.bias(), Optional(DoubleNear(1.0 / 3.0, 0.001)));
}

// The same second asked about twice is one forecast, the one that was given first.
TEST(ForecastScore, TakesEachForecastOnce) {
  Forecasts once, often;
  once.play(60, rising, rising, 1e9);
  for (int i = 0; i < 60; ++i) {
    often.play(1, rising, rising, 1e9);
    const std::int64_t t = DemandSeries::second_of(often.at) - 1;
    often.score.expect({t + 5, t + 6, 1e6, 0.0, 0.0});
  }
  EXPECT_EQ(once.score.bias(), often.score.bias());
}

// A ledger of a service that has `carried` ready while `load` is offered.
struct Ledger {
  DemandSeries series;
  SupplyLedger supply;
  Instant at{600s};

  void play(Duration duration, std::optional<double> load, double carried, bool is_waking = false) {
    for (const Instant end = at + duration; at < end;) {
      supply.observe(at, carried, is_waking);
      supply.observe(at + 500ms, carried + 1000.0, is_waking);  // too late to count
      add_second(series, at, load);
      supply.settle(series);
    }
  }
  std::optional<double> unserved(Duration window = 1h) const {
    return supply.unserved_share(at, window);
  }
  std::optional<double> idle(Duration window = 1h) const { return supply.idle_share(at, window); }
};

// 10 on 8: 2 of 10 unserved, none idle;  4 on 8: half idle     a minute of each
TEST(SupplyLedger, HoldsTheLoadAgainstWhatIsReady) {
  Ledger it;
  it.play(60s, 10.0, 8.0);
  EXPECT_THAT(it.unserved(), Optional(DoubleNear(0.2, 1e-9)));
  EXPECT_THAT(it.idle(), Optional(0.0));
  it.play(60s, 4.0, 8.0);
  EXPECT_THAT(it.unserved(), Optional(DoubleNear(2.0 / 14.0, 1e-9)));
  EXPECT_THAT(it.idle(), Optional(DoubleNear(0.25, 1e-9)));
}

TEST(SupplyLedger, KnowsTheHourAndTheDayApart) {
  Ledger it;
  it.play(2h, 10.0, 5.0);
  it.play(1h, 5.0, 5.0);
  EXPECT_THAT(it.unserved(1h), Optional(DoubleNear(0.0, 1e-9)));
  EXPECT_THAT(it.unserved(24h), Optional(DoubleNear(10.0 / 25.0, 0.01)));
  it.play(24h, 5.0, 5.0);
  EXPECT_THAT(it.unserved(24h), Optional(DoubleNear(0.0, 1e-9)));
}

// A mean over a second hides what is shorter; that requests waited is seen all the same.
TEST(SupplyLedger, BelievesTheRequestsWhereTheyWaitedMore) {
  Ledger it;
  it.play(60s, 4.0, 8.0);
  it.supply.count(it.at, 100.0, 3.0);
  EXPECT_THAT(it.unserved(), Optional(DoubleNear(0.03, 1e-9)));
}

TEST(SupplyLedger, TakesWakingForNoShortage) {
  Ledger it;
  it.play(10s, 4.0, 0.0, true);
  EXPECT_THAT(it.unserved(), Optional(0.0));
  EXPECT_EQ(it.idle(), std::nullopt) << "nobody was there to be idle";
  it.play(10s, 4.0, 0.0, false);
  EXPECT_THAT(it.unserved(), Optional(0.5));
}

TEST(SupplyLedger, TakesLoadThatIsNotKnownForNoIdleness) {
  Ledger it;
  it.play(60s, 4.0, 8.0);
  it.play(60s, std::nullopt, 8.0);
  it.play(60s, 4.0, 8.0);
  EXPECT_THAT(it.idle(), Optional(DoubleNear(0.5, 1e-9)));
}

TEST(SupplyLedger, SaysNothingOfTimeThatIsNotKnown) {
  SupplyLedger supply;
  DemandSeries series;
  Instant at(100s);
  for (int i = 0; i < 1000; ++i) {
    supply.observe(at, 8.0, false);
    supply.settle(series);
    at += 1s;
  }
  EXPECT_EQ(supply.idle_share(at, 1h), std::nullopt);
  EXPECT_EQ(supply.unserved_share(at, 1h), std::nullopt);
}

// 1, 2, ... 20 seconds
TEST(StartQuantiles, AreNearestRanks) {
  StartTimes starts;
  EXPECT_FALSE(quantiles_of(starts));
  for (int i = 20; i >= 1; --i) starts.add(i * 1s);
  EXPECT_DOUBLE_EQ(quantiles_of(starts)->p50_seconds, 10.0);
  EXPECT_DOUBLE_EQ(quantiles_of(starts)->p90_seconds, 18.0);
  EXPECT_DOUBLE_EQ(quantiles_of(starts)->p99_seconds, 20.0);
}

// A service of one worker's worth on two workers, in waves of a minute that prediction learns.
FeedbackView after_waves(ScaleSettings::Predict predict, ScaleSettings::Predict at_last) {
  ServiceSettings service = service_named("web");
  service.scale.predict = predict;
  World world;
  settle(world, service);
  Balancer& edge = world.balancers[{"edge"}];
  for (int t = 0; t < 360; ++t) {
    edge.rate[{"web"}] = 10.0 * (12.0 + 8.0 * std::sin(2.0 * M_PI * t / 60.0));
    world.pass(1s);
  }
  service.scale.predict = at_last;
  world.reload({service});
  world.pass(1s);
  return world.view("web").feedback;
}
FeedbackView after_waves(ScaleSettings::Predict predict) {
  return after_waves(predict, predict);
}

TEST(Feedback, TellsHowWellPredictionDoes) {
  const FeedbackView view = after_waves(ScaleSettings::Predict::kAuto);
  EXPECT_THAT(view.prediction_state, testing::AnyOf("on", "off"));
  ASSERT_TRUE(view.forecast_error_ratio && view.forecast_bias && view.coverage);
  EXPECT_LT(*view.forecast_error_ratio, 1.0) << "waves are easily foreseen";
  EXPECT_GT(*view.forecast_error_ratio, 0.0);
  EXPECT_LT(std::abs(*view.forecast_bias), 0.2);
  EXPECT_GT(*view.coverage, 0.8);
  ASSERT_TRUE(view.unserved_share_hour && view.idle_share_day);
  EXPECT_LT(*view.unserved_share_hour, 0.1);
  EXPECT_GT(*view.idle_share_day, 0.05);
  EXPECT_LT(*view.idle_share_day, 0.6);
  ASSERT_TRUE(view.start);
  EXPECT_DOUBLE_EQ(view.start->p99_seconds, 0.5);
  EXPECT_EQ(view.starts_total, view.starts_measured);
}

TEST(Feedback, OfPredictionThatIsOffIsNotKnown) {
  const FeedbackView view = after_waves(ScaleSettings::Predict::kOff);
  EXPECT_EQ(view.prediction_state, "off");
  EXPECT_FALSE(view.forecast_error_ratio || view.forecast_bias || view.coverage);
  EXPECT_TRUE(view.unserved_share_hour && view.idle_share_day);
  using Predict = ScaleSettings::Predict;
  EXPECT_FALSE(after_waves(Predict::kAuto, Predict::kOff).coverage) << "what it was says nothing";
}

TEST(Feedback, OfAShadowIsThatOfTheForecastsItGives) {
  const FeedbackView view = after_waves(ScaleSettings::Predict::kShadow);
  EXPECT_EQ(view.prediction_state, "shadow");
  EXPECT_TRUE(view.forecast_error_ratio && view.coverage);
}

TEST(Feedback, IsThatOfTheWorkersWhereNothingIsPredictedYet) {
  World world;
  settle(world, service_named("web"));
  world.balancers[{"edge"}].rate[{"web"}] = 40.0;
  world.pass(20s);
  const FeedbackView view = world.view("web").feedback;
  EXPECT_EQ(view.prediction_state, "learning");
  EXPECT_FALSE(view.forecast_error_ratio);
  EXPECT_THAT(view.idle_share_hour, Optional(DoubleNear(0.5, 0.25)));
}

}  // namespace
}  // namespace foretide::coordinator::story
