// The parts that predictions are put together from, each by itself.
#include <gmock/gmock.h>

#include <cmath>

#include "coordinator/core/predict/demand_history.hpp"
#include "coordinator/core/predict/forecast_ridge.hpp"
#include "coordinator/core/predict/moment_forest.hpp"
#include "coordinator/core/predict/need_curve.hpp"
#include "coordinator/core/predict/shadow_run.hpp"
#include "coordinator/core/predict/worker_rule.hpp"

namespace foretide::coordinator {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::FloatNear;

std::vector<float> shares_of(const NeedCurve& curve) {
  std::vector<float> shares;
  for (std::size_t worker = 0; worker < curve.size(); ++worker) shares.push_back(curve[worker]);
  return shares;
}

TEST(NeedCurve, SaysHowMuchOfEachWorkerIsNeeded) {
  NeedCurve curve(4);
  curve.begin();
  curve.add(2.3, 1.0);
  curve.add(0.0, 1.0);
  curve.end();
  EXPECT_THAT(shares_of(curve), ElementsAre(FloatNear(0.5F, 1e-6F), FloatNear(0.5F, 1e-6F),
                                            FloatNear(0.15F, 1e-6F), FloatNear(0.0F, 1e-6F)));
  EXPECT_NEAR(curve.mean(), 1.15, 1e-6);
}

TEST(NeedCurve, TakesWhatIsBeyondTheLastWorkerForAllOfThem) {
  NeedCurve curve(3);
  curve.begin();
  curve.add(1e9, 1.0);
  curve.add(std::nan(""), 1.0);
  curve.end();
  EXPECT_THAT(shares_of(curve), Each(FloatNear(0.5F, 1e-6F)));
}

TEST(ForgettingRidge, LearnsAndForgets) {
  ForgettingRidge ridge(2, 50.0, 0.01);
  const auto learn = [&ridge](double slope, int steps) {
    for (int i = 0; i < steps; ++i) {
      const double x = std::sin(i);
      ridge.add(std::array{1.0, x}, 3.0 + slope * x);
    }
    ridge.solve();
    return ridge.answer(std::array{1.0, 10.0});
  };
  EXPECT_EQ(ridge.answer(std::array{1.0, 10.0}), 0.0);
  EXPECT_NEAR(learn(2.0, 100), 23.0, 0.1);
  EXPECT_NEAR(learn(-1.0, 500), -7.0, 0.1);
}

TEST(DemandHistory, KeepsStepsAndBehindThemMinutes) {
  DemandHistory history(10.0);
  const auto root = [](std::int64_t step) { return static_cast<double>(step % 600); };
  const std::int64_t end = 3 * DemandHistory::kStepsKept;
  for (std::int64_t step = 0; step < end; ++step) history.add(root(step), step % 7 != 0);
  EXPECT_EQ(history.steps_in(86400.0), 8640);
  EXPECT_DOUBLE_EQ(history.root(end - 1), root(end - 1));
  EXPECT_NEAR(history.mean(end - 1, 4),
              (root(end - 1) + root(end - 2) + root(end - 3) + root(end - 4)) / 4, 1e-6);
  EXPECT_FALSE(history.is_known((end - 1) / 7 * 7));
  EXPECT_TRUE(history.is_known((end - 1) / 7 * 7 - 1));
  // 6 steps make a minute: 600 to 605 hold 0 to 5.
  ASSERT_TRUE(history.reaches(602));
  EXPECT_NEAR(history.mean_around(602, 0), 2.5, 1e-6);
  EXPECT_FALSE(history.reaches(end));
}

TEST(DemandHistory, HasNoDayWhereStepsDoNotMakeOne) {
  EXPECT_EQ(DemandHistory(86400.0 * 2).steps_in(86400.0), 0);
  EXPECT_EQ(DemandHistory(7.0).steps_in(86400.0), 0);
}

// given: after a trait of 1 the mark is 5, after 0 it is 0, and other traits say nothing
TEST(MomentForest, FindsMomentsThatWentOnAlike) {
  MomentForest forest(3, 1, 1);
  Draws draws(7);
  for (std::int64_t at = 0; at < 2000; ++at) {
    const bool is_busy = draws.below(10) == 0;
    const auto traits = forest.moments().begin(at);
    traits[0] = static_cast<float>(draws.unit());
    traits[1] = is_busy ? 1.0F : 0.0F;
    traits[2] = static_cast<float>(draws.unit());
    forest.moments().learn(at)[0] = is_busy ? 5.0F : 0.0F;
    forest.grow(at, at);
  }
  ASSERT_TRUE(forest.is_grown());
  const auto mean_after = [&forest](float busy) {
    double sum = 0.0, weights = 0.0;
    std::ranges::copy(std::array{0.5F, busy, 0.5F}, forest.moments().begin(2000).begin());
    forest.each_alike(2000, [&](std::int64_t at, double weight) {
      sum += weight * static_cast<double>(forest.moments().marks_of(at)[0]);
      weights += weight;
    });
    return sum / weights;
  };
  EXPECT_GT(mean_after(1.0F), 4.5);
  EXPECT_LT(mean_after(0.0F), 0.5);
}

TEST(Moments, AreTheLastThatHaveTheirSlot) {
  for (const std::int64_t newest : {0, 7, 4095, 4096, 10'000}) {
    for (const std::int64_t back : {0, 1, 100, 4095}) {
      EXPECT_EQ(Moments::step_of(Moments::slot_of(newest - back), newest), newest - back);
    }
  }
}

TEST(ShadowRun, HasNobodyReadyBeforeTheLeadTimeIsOver) {
  ShadowRun run(2, 1);
  run.decide(4);
  EXPECT_EQ(run.ready(), 1u);
  run.decide(4);
  EXPECT_EQ(run.ready(), 1u);
  run.decide(4);
  EXPECT_EQ(run.ready(), 4u);
  EXPECT_DOUBLE_EQ(run.unserved(5.5), 1.5);
  run.decide(2);
  EXPECT_EQ(run.ready(), 2u) << "they stop at once";
  run.decide(4);
  EXPECT_EQ(run.ready(), 2u);
}

// Needs of workers 0, 1, … at a step and at the end of a lead time of two.
std::uint32_t decided(std::uint32_t running, double price,
                      const std::vector<std::array<double, 2>>& needs) {
  return workers_for(
      {1, 3}, running, static_cast<std::uint32_t>(needs.size()), price,
      [&](std::uint32_t worker, std::size_t distance) { return needs[worker][distance]; });
}

TEST(WorkerRule, StartsWhoIsWorthItsPriceAtTheEndOfTheLeadTime) {
  EXPECT_EQ(decided(0, 10.0, {{0.0, 0.9}, {0.0, 0.11}, {0.9, 0.09}}), 2u);
  EXPECT_EQ(decided(0, 2.0, {{0.0, 0.9}, {0.0, 0.11}, {0.9, 0.09}}), 1u);
  EXPECT_EQ(decided(0, 0.5, {{1.0, 1.0}}), 0u);
}

TEST(WorkerRule, KeepsWhoWillBeNeededBeforeItCouldComeBack) {
  EXPECT_EQ(decided(3, 4.0, {{1.0, 1.0}, {0.0, 0.18}, {0.0, 0.0}}), 1u)
      << "to wait costs 0.4 a step and 4 times 0.18 comes too late";
  EXPECT_EQ(decided(3, 4.0, {{1.0, 1.0}, {0.11, 0.0}, {0.09, 0.0}}), 2u);
  EXPECT_EQ(decided(9, 4.0, {{1.0, 1.0}, {1.0, 1.0}}), 2u) << "never more than there may be";
}

}  // namespace
}  // namespace foretide::coordinator
