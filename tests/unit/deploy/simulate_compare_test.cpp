// The comparison with other autoscalers: at the same share unserved, and honest where it is not.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "deploy/cli/cheapest_peer.hpp"
#include "simulate_stage.hpp"

namespace foretide::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// Two weeks of ten minutes, of days that go up and down and are never quite alike; 200 workers.
DemandTrace trace() {
  DemandTrace trace{.step_seconds = 600};
  for (int i = 0; i < 2016; ++i) {
    const double day = std::sin(i * 2.0 * 3.14159265 / 144.0), wobble = std::sin(i * 1.7);
    trace.requests.emplace_back(600.0 * (120.0 + 70.0 * day + 9.0 * wobble));
  }
  return trace;
}

const SimulationSettings kOnes{.capacity_rps = 1.0, .start_seconds = 600.0};

TEST(CheapestPeer, IsFoundWhereItLeavesAsMuchUnservedAsTheGoalAllows) {
  const DemandTrace demand = trace();
  for (const char* peer : {"kpa", "line", "clairvoyant"}) {
    for (const double goal : {0.005, 0.02}) {
      const SimulatedRun run = cheapest_peer(demand, kOnes, peer, goal);
      EXPECT_LE(run.unserved, goal) << peer;
      EXPECT_GE(run.unserved, 0.98 * goal) << peer;
      EXPECT_FALSE(run.misses(goal));
    }
  }
}

TEST(CheapestPeer, IsTheOneThatLeavesLeastWhereNoneReachesTheGoal) {
  SimulationSettings few = kOnes;
  few.workers_max = 100;
  const DemandTrace demand = trace();
  for (const char* peer : {"kpa", "static"}) {
    const SimulatedRun run = cheapest_peer(demand, few, peer, 0.01);
    EXPECT_TRUE(run.misses(0.01)) << peer;
    EXPECT_LT(run.unserved, 0.30) << peer;
  }
  const SimulatedRun all = cheapest_peer(demand, few, "static", 0.01);
  EXPECT_EQ(all.aim, 100.0);
}

TEST_F(Simulate, MarksGoalsThatWereMissedAndSaysWhatItMeans) {
  write_trace();
  ASSERT_EQ(run(kWorkers + "--max 20 --shortage 20%"), kDone);
  EXPECT_THAT(output_, Not(HasSubstr("*")));
  for (const char* way : {"--max 3", "--max 3 --compare"}) {
    ASSERT_EQ(run(kWorkers + way), kDone);
    EXPECT_THAT(output_, AllOf(HasSubstr("%*"), HasSubstr("* missed its goal"),
                               HasSubstr("All of --max 3 was asked for")))
        << way;
  }
}

TEST_F(Simulate, TellsMissedGoalsInJsonToo) {
  write_trace();
  const auto answer = [this](const std::string& options) {
    EXPECT_EQ(run(kWorkers + options + " --json"), kDone);
    return nlohmann::json::parse(output_);
  };
  EXPECT_EQ(answer("--max 3")["runs"][0]["goal_missed"], true);
  EXPECT_EQ(answer("--max 20 --shortage 20%")["runs"][0]["goal_missed"], false);
  EXPECT_FALSE(answer("--algorithm kpa")["runs"][0].contains("goal_missed"))
      << "it has a target, which is no goal";
  const auto compared = answer("--max 3 --shortage 1%,50% --compare");
  ASSERT_EQ(compared["comparisons"].size(), 2U);
  const auto& strict = compared["comparisons"][0];
  EXPECT_EQ(strict["shortage"], 0.01);
  ASSERT_EQ(strict["runs"].size(), 1 + peer_names().size());
  EXPECT_EQ(strict["runs"][0]["algorithm"], "foretide");
  EXPECT_EQ(strict["runs"][1]["algorithm"], "hpa");
  for (const auto& one : strict["runs"]) EXPECT_EQ(one["goal_missed"], true) << one;
  EXPECT_EQ(compared["comparisons"][1]["runs"][1]["goal_missed"], false);
}

}  // namespace
}  // namespace foretide::cli
