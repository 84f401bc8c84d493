// The whole of prediction on demands whose nature is known.
#include <gmock/gmock.h>

#include <cmath>
#include <numbers>
#include <optional>
#include <vector>

#include "coordinator/core/predict/demand_predictor.hpp"

namespace foretide::coordinator {
namespace {

using Demand = std::vector<std::optional<double>>;
constexpr PredictorShape kFiveMinutes{.step_seconds = 300.0, .lead_steps = 2, .workers_max = 60};

struct Outcome {
  std::vector<std::uint32_t> workers;  // asked for after each step
  double unserved = 0.0, cost = 0.0;   // shares: of demand, over what is needed
};

// One pass over the demand for all that are asked for.
std::vector<Outcome> replay_all(const Demand& demand, const std::vector<double>& shortages,
                                std::size_t judged_from = 0) {
  struct Follower {
    ShortageAim aim;
    ShadowRun run{kFiveMinutes.lead_steps, 1};
    double unserved = 0.0, paid = 0.0;
  };
  DemandPredictor predictor(kFiveMinutes);
  std::vector<Follower> followers;
  for (const double shortage : shortages) followers.push_back({.aim = ShortageAim(shortage)});
  std::vector<Outcome> outcomes(shortages.size());
  double wanted = 0.0, needed = 0.0;
  for (std::size_t step = 0; step < demand.size(); ++step) {
    const bool is_judged = demand[step] && step >= judged_from;
    if (is_judged) wanted += *demand[step];
    if (is_judged) needed += std::max(1.0, std::ceil(*demand[step]));
    predictor.add(demand[step]);
    for (std::size_t i = 0; i < followers.size(); ++i) {
      Follower& follower = followers[i];
      if (is_judged) follower.unserved += follower.run.unserved(*demand[step]);
      if (is_judged) follower.paid += follower.run.workers();
      follower.aim.adjust(predictor.shares());
      follower.run.decide(predictor.mix().workers(follower.aim.level()));
      outcomes[i].workers.push_back(follower.run.workers());
    }
  }
  for (std::size_t i = 0; i < followers.size(); ++i) {
    outcomes[i].unserved = followers[i].unserved / wanted;
    outcomes[i].cost = followers[i].paid / needed;
  }
  return outcomes;
}

Outcome replay(const Demand& demand, double shortage, std::size_t judged_from = 0) {
  return replay_all(demand, {shortage}, judged_from).front();
}

// Noise that is the same everywhere: about normal, of mean 0 and deviation 1.
class Noise {
 public:
  explicit Noise(std::uint64_t seed) : draws_(seed) {}
  double next() {
    double sum = -6.0;
    for (int i = 0; i < 12; ++i) sum += draws_.unit();
    return sum;
  }

 private:
  Draws draws_;
};

// Days of 288 steps between 4 and 20 workers, with a steep morning.
Demand days(int count, double noise) {
  Demand demand;
  Noise random(11);
  for (int step = 0; step < 288 * count; ++step) {
    const double phase = 2.0 * std::numbers::pi * step / 288.0;
    const double level = 12.0 + 8.0 * std::tanh(3.0 * std::sin(phase));
    demand.emplace_back(std::max(0.0, level + noise * std::sqrt(level) * random.next()));
  }
  return demand;
}

TEST(DemandPredictor, FollowsADayThatItHasSeen) {
  const Outcome outcome = replay(days(7, 0.1), 0.01, 3 * 288);
  EXPECT_LT(outcome.unserved, 0.015);
  EXPECT_LT(outcome.cost, 1.1);
}

TEST(DemandPredictor, HitsTheShortageThatIsAskedForAndCostsMoreTheLessThatIs) {
  const std::vector<double> shortages{0.05, 0.01, 0.003};
  const auto outcomes = replay_all(days(7, 0.3), shortages, 2 * 288);
  for (std::size_t i = 0; i < shortages.size(); ++i) {
    EXPECT_GT(outcomes[i].unserved, 0.4 * shortages[i]);
    EXPECT_LT(outcomes[i].unserved, 1.6 * shortages[i]);
    if (i > 0) {
      EXPECT_GT(outcomes[i].cost, outcomes[i - 1].cost);
    }
  }
}

TEST(DemandPredictor, LooksAtNothingThatIsStillToCome) {
  Demand demand = days(3, 0.3), other = demand, shorter = demand;
  constexpr std::size_t kSame = 700;
  for (std::size_t step = kSame; step < other.size(); ++step) other[step] = 40.0;
  shorter.resize(kSame);
  const Outcome first = replay(demand, 0.01), second = replay(other, 0.01);
  const auto prefix = [](const Outcome& outcome) {
    return std::vector(outcome.workers.begin(), outcome.workers.begin() + kSame);
  };
  EXPECT_EQ(prefix(first), prefix(second));
  EXPECT_EQ(prefix(first), replay(shorter, 0.01).workers);
  EXPECT_NE(first.workers, second.workers);
}

TEST(DemandPredictor, FillsAGapWithWhatItExpectedAndLearnsNothingOfIt) {
  const Demand whole = days(6, 0.1);
  Demand with_gaps = whole;
  for (std::size_t step = 1000; step < with_gaps.size(); step += 400) {
    for (std::size_t at = step; at < std::min(step + 40, with_gaps.size()); ++at) {
      with_gaps[at].reset();
    }
  }
  const Outcome outcome = replay(with_gaps, 0.01, 3 * 288);
  EXPECT_LT(outcome.unserved, 0.02);
  EXPECT_LT(outcome.cost, 1.15);
}

// Nearly as long as anything is remembered: still as many as before, and not as many as a trend
// that went on for ever would need.
TEST(DemandPredictor, BearsALongGap) {
  Demand demand = days(4, 0.1);
  for (std::size_t i = 0; i < 200; ++i) demand.emplace_back(10.0 * std::pow(1.01, i));
  demand.insert(demand.end(), 3600, std::nullopt);
  const Outcome outcome = replay(demand, 0.01);
  for (const std::size_t into : {300UL, 1000UL, 3500UL}) {
    EXPECT_GE(outcome.workers[4 * 288 + 200 + into], 6u) << into;
  }
  EXPECT_LE(*std::max_element(outcome.workers.begin(), outcome.workers.end()), 60u);
}

TEST(DemandPredictor, TakesWhatIsNoDemandForNotKnown) {
  const Demand good = days(2, 0.1);
  Demand bad = good, missing = good;
  const double wrong[] = {std::nan(""), -1.0, HUGE_VAL, -HUGE_VAL, 1e30};
  for (std::size_t i = 0; i < std::size(wrong); ++i) {
    bad[300 + 7 * i] = wrong[i];
    missing[300 + 7 * i].reset();
  }
  EXPECT_EQ(replay(bad, 0.01).workers, replay(missing, 0.01).workers);
}

// One flash crowd that nobody could foresee is not paid for ever after.
TEST(DemandPredictor, ForgivesItselfWhatNobodyCouldForesee) {
  const Demand calm = days(7, 0.1);
  Demand crowd = calm;
  for (std::size_t step = 1000; step < 1006; ++step) crowd[step] = 50.0;
  const std::size_t later = 1000 + 288;
  EXPECT_LT(replay(crowd, 0.01, later).cost, 1.25 * replay(calm, 0.01, later).cost);
}

// Ten quiet steps in a row, then one of three times their level.
Demand bursts_of(double level, int count) {
  Demand demand;
  for (int step = 0; step < 11 * count; ++step) {
    demand.emplace_back(step % 11 == 10 ? 3.0 * level : level);
  }
  return demand;
}

TEST(NeedPolicies, TakesMarginsInProportionToDemand) {
  NeedPolicies policies(kFiveMinutes);
  for (const auto& demand : bursts_of(2.0, 60)) policies.add(demand);
  const auto share_of = [&policies](std::uint32_t worker) {
    return policies.curve(Policy::kInProportion, policies.distances().size() - 1)[worker];
  };
  EXPECT_EQ(share_of(40), 0.0F);
  // What is ten times as large bursts ten times as far, before that was ever seen.
  for (int step = 0; step < 10; ++step) policies.add(20.0);
  EXPECT_GT(share_of(40), 0.01F);
}

TEST(PolicyMix, KeepsAtItsLastPricesMoreThanEverWasNeeded) {
  DemandPredictor predictor(kFiveMinutes);
  for (int step = 0; step < 400; ++step) predictor.add(step == 50 ? 30.0 : 2.0);
  EXPECT_GE(predictor.mix().workers(kPrices - 1), 40U);
  EXPECT_LE(predictor.mix().workers(kPrices / 3), 20U);
}

// An outage right after one was made anew: the shares, and so the price, stay those of the former.
TEST(ShortageAim, KeepsItsPriceWhileNothingIsKnown) {
  PredictorShape shape{.step_seconds = 1, .lead_steps = 4, .workers_min = 1, .workers_max = 40};
  DemandPredictor former(shape), later(shape);
  ShortageAim aim(0.01);
  for (int step = 0; step < 600; ++step) {
    former.add(step % 40 < 3 ? 20.0 : 5.0);
    aim.adjust(former.shares());
  }
  const std::size_t level = aim.level();
  ASSERT_GT(level, 3U);
  later.recall(former.shares().memory());
  for (int step = 0; step < 600; ++step) {
    later.add(std::nullopt);
    ASSERT_EQ(later.shares().unserved(), former.shares().unserved());
    aim.adjust(later.shares());
  }
  EXPECT_GE(aim.level(), level);
}

TEST(ShortageAim, IsNotLedByOneEvent) {
  const Demand demand = days(6, 0.3);
  DemandPredictor predictor(kFiveMinutes);
  ShortageAim aim(0.01);
  const auto take = [&](const std::optional<double>& step) {
    predictor.add(step);
    aim.adjust(predictor.shares());
  };
  for (const auto& step : demand) take(step);
  const std::size_t before = aim.level();
  for (int step = 0; step < 12; ++step) take(150.0);
  for (int step = 0; step < 100; ++step) take(demand[static_cast<std::size_t>(step)]);
  EXPECT_LE(aim.level(), before + 1);
}

TEST(DemandPredictor, BearsDemandsThatSayNothing) {
  for (const double demand : {0.0, 1e-300, 5.0, 1e12}) {
    const Outcome outcome = replay(Demand(300, demand), 0.01);
    EXPECT_LE(outcome.workers.back(), kFiveMinutes.workers_max);
    EXPECT_GE(outcome.workers.back(), 1u);
  }
  EXPECT_EQ(replay(Demand(200), 0.01).workers.back(), 1u) << "nothing was ever known";
}

}  // namespace
}  // namespace foretide::coordinator
