// Stories of starts that fail: when a release does not come up, few more of it are started.
#include <gmock/gmock.h>

#include "core_world.hpp"

namespace foretide::coordinator::story {
namespace {

using testing::ElementsAre;

const ServiceId kWeb{"web"};

// Every start fails, and the agents try again after a second.
void break_starts(World& world) {
  for (auto& [id, agent] : world.agents) {
    agent.fails = true;
    agent.retries = 1s;
  }
}
void mend_starts(World& world) {
  for (auto& [id, agent] : world.agents) agent.fails = false;
}

// Workers that a set asks for now.
std::uint32_t ordered(const World& world) {
  std::uint32_t count = 0;
  for (const auto& [node, set] : world.persisted) {
    for (const wire::DesiredWorker& worker : set.workers) {
      count += worker.order == wire::WorkerOrder::kRun;
    }
  }
  return count;
}

bool is_stopped(const World& world) {
  return world.view("web").stopped_starts.has_value();
}

// A world of three nodes in which release one serves with `count` workers.
void settle_on_three(World& world, std::uint32_t count) {
  settle(world, service_named("web"));
  world.join_agent("node-b");
  world.join_agent("node-c");
  world.happens(ScaleSet{kWeb, count, Duration::zero()});
  world.pass(5s);
  ASSERT_EQ(world.view("web").ready, count);
}

ServiceSettings release_two() {
  ServiceSettings service = service_named("web");
  service.worker.argv.push_back("--two");
  return service;
}

// given: one node, every start fails     expect: no more starts after the third, and it is said
TEST(Breaker, StopsTheStartsOfAReleaseThatDoesNotComeUpAndSaysWhy) {
  World world;
  world.start({service_named("web")});
  world.join_agent("node-a");
  world.join_balancer("edge");
  break_starts(world);
  world.pass_until([&] { return is_stopped(world); }, 12s);
  ASSERT_TRUE(is_stopped(world));
  const StoppedStarts stopped = *world.view("web").stopped_starts;
  EXPECT_EQ(stopped.text, "starts stopped: 3 of the last 3 starts of release " +
                              world.record("web").release.text +
                              " failed: ended before it was ready with exit code 1; next trial in "
                              "10 s");
  EXPECT_THAT(stopped.output, ElementsAre("cannot open model.bin"));
  EXPECT_TRUE(world.has_notice("web: starts stopped: 3 of the last 3 starts"));
  ASSERT_FALSE(world.decisions.empty());
  EXPECT_EQ(world.decisions.back().rule, "breaker");
  EXPECT_EQ(world.decisions.back().reason, stopped.text);
  EXPECT_EQ(world.decisions.back().capacity_per_worker, 8.0);
  EXPECT_EQ(world.decisions.back().opinions.back().rule, "breaker");
  world.pass_until([&] { return ordered(world) == 0; }, 8s);
}

// given: nothing mends     expect: trials 10, 20, 40 … s after the failure before, one at a time
TEST(Breaker, TriesAgainWithOneAtATimeFurtherAndFurtherApart) {
  World world;
  settle_on_three(world, 1);
  break_starts(world);
  ServiceSettings two = release_two();
  two.scale.min = 6;
  world.reload({two});
  world.pass_until([&] { return is_stopped(world); }, 12s);
  std::set<WorkerId> made;
  for (const auto& [id, worker] : world.record("web").workers) made.insert(id);
  std::vector<long> trials;
  const Instant began = world.now;
  while (world.now - began < 400s) {
    world.pass(250ms);
    std::uint32_t starting = 0;
    for (const auto& [id, worker] : world.record("web").workers) {
      starting += worker.is_starting();
      if (made.insert(id).second) trials.push_back((world.now - began) / 1s);
    }
    ASSERT_LE(starting, 1u);
  }
  ASSERT_EQ(trials.size(), 5u);
  for (std::size_t i = 1; i < trials.size(); ++i) {
    EXPECT_NEAR(trials[i] - trials[i - 1], 10 << i, 2) << "before trial " << i;
  }
  EXPECT_EQ(world.running(), 1u) << "what served before serves on";
}

TEST(Breaker, WaitsFiveMinutesAtMost) {
  SpawnBreaker breaker;
  Instant now(1000s);
  const auto fail = [&] {
    breaker.failed({.worker = {"web-1"}, .node = {"node-a"}, .reason = {}, .output = {}}, now);
  };
  for (int i = 0; i < 3; ++i) fail();
  ASSERT_TRUE(breaker.takes_doubt());
  breaker.open(now);
  for (int i = 0; i < 9; ++i) {
    now += breaker.until_trial(now);
    ASSERT_TRUE(breaker.is_trial_due(now));
    breaker.trial_began({"web-1"});
    fail();
  }
  EXPECT_EQ(breaker.until_trial(now), 5min);
  EXPECT_FALSE(breaker.is_trial_due(now + 299s));
}

TEST(Breaker, ClosesWithTheFirstStartThatSucceedsAndStartsTheRest) {
  World world;
  settle_on_three(world, 1);
  break_starts(world);
  ServiceSettings two = release_two();
  two.scale.min = 4;
  world.reload({two});
  world.pass_until([&] { return is_stopped(world); }, 12s);
  mend_starts(world);
  world.pass_until([&] { return !is_stopped(world); }, 15s);
  EXPECT_TRUE(world.has_notice("came up: starts go on"));
  world.pass(8s);
  EXPECT_EQ(world.view("web").ready, 4u);
}

// given: six ready, then nothing starts any more, and more are wanted
// expect: the six serve on untouched
TEST(Breaker, NeverTouchesAWorkerThatIsReady) {
  World world;
  settle_on_three(world, 6);
  std::set<WorkerId> before;
  for (const auto& worker : world.view("web").workers) before.insert(worker.id);
  break_starts(world);
  world.happens(ScaleSet{kWeb, 10, Duration::zero()});
  world.pass_until([&] { return is_stopped(world); }, 12s);
  world.pass(100s);
  EXPECT_EQ(world.view("web").ready, 6u);
  for (const WorkerId& id : before) EXPECT_NE(world.state.find_worker(id), nullptr);
  EXPECT_LE(world.view("web").workers.size(), 7u) << "besides them the trial at most";
}

// given: node-a cannot start anything, the other two can
// expect: starts go on there, and what is wanted comes but for the one that fails in its place
TEST(Breaker, TakesOneNodesFailuresForThatNodesTrouble) {
  World world;
  settle_on_three(world, 1);
  Agent& sick = world.agents[{"node-b"}];
  sick.fails = true;
  sick.retries = 1s;
  world.happens(ScaleSet{kWeb, 8, Duration::zero()});
  world.pass(30s);
  EXPECT_FALSE(world.has_notice("starts stopped"));
  const std::size_t failing = sick.workers.size();
  EXPECT_EQ(world.view("web").ready, 8u - failing);
  world.happens(ScaleSet{kWeb, 10, Duration::zero()});
  world.pass(5s);
  EXPECT_EQ(world.view("web").ready, 10u - failing);
}

// given: node-b refuses the release, node-a fails to start it     expect: nobody else can, so it is
// stopped
TEST(Breaker, StopsWhenNoOtherNodeCouldTakeIt) {
  World world;
  world.start({service_named("web")});
  world.join_agent("node-a").fails = true;
  world.agents[{"node-a"}].retries = 1s;
  world.join_agent("node-b");
  world.happens(DrainSet{{"node-b"}, true});
  world.join_balancer("edge");
  world.pass_until([&] { return is_stopped(world); }, 15s);
}

// given: workers that come up and end a moment later, again and again
TEST(Breaker, DoesNotCountThoseThatEndAfterTheyWereReady) {
  World world;
  settle(world, service_named("web"));
  Agent& agent = world.agents[{"node-a"}];
  agent.retries = 1s;
  for (std::uint32_t i = 1; i <= 8; ++i) {
    auto& said = agent.workers.begin()->second;
    ASSERT_EQ(said.phase, wire::WorkerPhase::kReady);
    said.phase = wire::WorkerPhase::kBackingOff;
    said.failures = i;
    agent.ready_at.begin()->second = world.now;
    world.report(NodeId{"node-a"});
    EXPECT_FALSE(is_stopped(world));
    world.pass(3s);
  }
  EXPECT_EQ(world.view("web").ready, 1u);
}

TEST(Breaker, BelongsToTheRelease) {
  World world;
  settle_on_three(world, 1);
  break_starts(world);
  ServiceSettings two = release_two();
  two.scale.min = 4;
  world.reload({two});
  world.pass_until([&] { return is_stopped(world); }, 12s);
  mend_starts(world);
  ServiceSettings three = release_two();
  three.worker.argv.push_back("--three");
  world.reload({three});
  EXPECT_FALSE(is_stopped(world));
  world.pass_until([&] { return world.running() > 1; }, 4s);
}

TEST(Breaker, HoldsTheCountWhereItIs) {
  World world;
  settle_on_three(world, 2);
  world.happens(ScaleSet{kWeb, std::nullopt, Duration::zero()});
  break_starts(world);
  world.balancers[{"edge"}].rate[kWeb] = 300.0;
  world.pass_until([&] { return is_stopped(world); }, 20s);
  const std::uint32_t desired = world.view("web").desired;
  world.balancers[{"edge"}].rate[kWeb] = 600.0;
  world.pass(5s);
  EXPECT_EQ(world.view("web").desired, desired);
}

}  // namespace
}  // namespace foretide::coordinator::story
