// The rules of other autoscalers, each where it differs from the rest.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "deploy/cli/peers.hpp"

namespace foretide::cli {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::Le;

std::vector<std::uint32_t> asked(const std::string& peer, double step_seconds,
                                 const std::vector<double>& demand, double target = 0.5) {
  PeerTrace trace{.step_seconds = step_seconds, .lead_steps = 1};
  for (const double workers : demand) trace.demand_workers.emplace_back(workers);
  return peer_named(peer)(trace, target);
}

std::vector<double> steps(double value, std::size_t count, std::vector<double> before = {}) {
  before.insert(before.end(), count, value);
  return before;
}

TEST(Peers, AreKnownByName) {
  EXPECT_EQ(peer_named("vpa"), nullptr);
  for (const std::string& name : peer_names()) EXPECT_NE(peer_named(name), nullptr) << name;
}

TEST(Peers, LoadEachWorkerToTheTarget) {
  for (const char* peer : {"hpa", "kpa", "aws", "seasonal", "line", "clairvoyant"}) {
    EXPECT_EQ(asked(peer, 60, steps(4.0, 40))[30], 8u) << peer;
  }
  EXPECT_THAT(asked("static", 60, steps(4.0, 5), 3.0), Each(3u));
}

TEST(Peers, StandStillWhereNothingIsKnown) {
  PeerTrace trace{.demand_workers = {4.0, std::nullopt, std::nullopt}, .step_seconds = 60};
  EXPECT_EQ(peer_named("kpa")(trace, 0.5).back(), 8u);
}

TEST(Hpa, LeavesTenPercentAlone) {
  EXPECT_EQ(asked("hpa", 60, steps(4.3, 1, steps(4.0, 20))).back(), 8u);
  EXPECT_EQ(asked("hpa", 60, steps(4.6, 1, steps(4.0, 20))).back(), 10u);
}

TEST(Hpa, GrowsByFourOrDoublesInFifteenSeconds) {
  EXPECT_THAT(asked("hpa", 15, steps(50.0, 5, {}), 1.0), ElementsAre(5u, 10u, 20u, 40u, 50u));
}

TEST(Hpa, ShrinksAfterFiveMinutes) {
  const auto workers = asked("hpa", 60, steps(1.0, 8, steps(8.0, 10)), 1.0);
  EXPECT_EQ(workers[13], 8u);
  EXPECT_EQ(workers[16], 1u);
}

TEST(Kpa, ShrinksInNoPanic) {
  // A second of ten times the load, and back: panic lasts as long as its stable window.
  const auto workers = asked("kpa", 2, steps(2.0, 60, steps(20.0, 3, steps(2.0, 40))), 1.0);
  const std::uint32_t most = *std::max_element(workers.begin(), workers.end());
  EXPECT_EQ(most, 20u);
  EXPECT_EQ(workers[42 + 20], most);
  EXPECT_LT(workers.back(), 4u);
}

TEST(Aws, WaitsThreeMinutesToGrowAndFifteenToShrink) {
  const auto grown = asked("aws", 60, steps(8.0, 5, steps(2.0, 10)));
  EXPECT_EQ(grown[11], 4u);
  EXPECT_EQ(grown[12], 16u);
  const auto shrunk = asked("aws", 60, steps(2.0, 17, steps(8.0, 20)));
  EXPECT_EQ(shrunk[20 + 13], 16u);
  EXPECT_EQ(shrunk[20 + 15], 4u);
}

TEST(Seasonal, HasReadyWhatYesterdayNeeded) {
  std::vector<double> day = steps(8.0, 1, steps(1.0, 12));
  day = steps(1.0, 11, day);  // 24 steps of an hour
  std::vector<double> two = day;
  two.insert(two.end(), day.begin(), day.end());
  const auto workers = asked("seasonal", 3600, two);
  EXPECT_EQ(workers[24 + 10], 16u) << "in force from the next step, ready one later";
  EXPECT_EQ(workers[10], 2u) << "the first day nobody could know";
}

TEST(Line, GoesOnAsItWent) {
  std::vector<double> ramp;
  for (int step = 0; step < 30; ++step) ramp.push_back(step);
  EXPECT_EQ(asked("line", 60, ramp, 1.0).back(), 31u);
}

TEST(Clairvoyant, IsNeverShort) {
  std::vector<double> demand;
  for (int step = 0; step < 60; ++step) demand.push_back(step % 7 == 3 ? 9.0 : 1.0);
  const auto workers = asked("clairvoyant", 60, demand, 1.0);
  for (std::size_t step = 3; step < demand.size(); ++step) {
    EXPECT_GE(std::min(workers[step - 1], workers[step - 2]), demand[step]) << step;
  }
  EXPECT_THAT(workers, Each(Le(9u)));
}

}  // namespace
}  // namespace foretide::cli
