// Stories of starts that take too long: another is started in their place.
#include <gtest/gtest.h>

#include "coordinator/core/overdue.hpp"
#include "core_world.hpp"

namespace foretide::coordinator::story {
namespace {

const ServiceId kWeb{"web"};

// given: starts take half a second, one on node-b hangs; its timeout is a minute
// expect: another serves within ten seconds, the hung one is left alone
TEST(Overdue, ReplacesAStartThatHangsWellBeforeItsTimeout) {
  World world;
  settle(world, service_named("web"));
  world.join_agent("node-b").hangs = true;
  world.happens(ScaleSet{kWeb, 2, Duration::zero()});
  world.pass(1s);
  ASSERT_EQ(world.agents[{"node-b"}].workers.size(), 1u);
  const WorkerId hung = world.agents[{"node-b"}].workers.begin()->first;
  const Duration took = world.pass_until([&] { return world.view("web").ready == 2; }, 20s);
  EXPECT_LT(took, 10s);
  EXPECT_EQ(world.state.find_worker(hung)->stage, WorkerStage::kServing) << "it may still come";
  EXPECT_TRUE(world.has_notice("worker " + hung.text + " on node-b has been starting for 5 s"));
  EXPECT_TRUE(world.has_notice(": another is started in its place"));
  EXPECT_EQ(world.decisions.back().rule, "overdue");
  world.pass(30s);
  EXPECT_EQ(world.view("web").workers.size(), 3u) << "one replacement, once";
}

TEST(Overdue, LetsOneGoWhenTheLateOneComesAfterAll) {
  World world;
  settle(world, service_named("web"));
  Agent& late = world.join_agent("node-b");
  late.hangs = true;
  world.happens(ScaleSet{kWeb, 2, Duration::zero()});
  world.pass_until([&] { return world.view("web").ready == 2; }, 20s);
  late.hangs = false;
  world.pass(15s);
  EXPECT_EQ(world.view("web").workers.size(), 2u);
  EXPECT_EQ(world.view("web").ready, 2u);
}

// given: max 2, one ready and one that hangs     expect: never a third, and it is said why
TEST(Overdue, WaitsAtMaxAndSaysSo) {
  World world;
  ServiceSettings service = service_named("web");
  service.scale.max = 2;
  settle(world, service);
  world.join_agent("node-b").hangs = true;
  world.happens(ScaleSet{kWeb, 2, Duration::zero()});
  for (int i = 0; i < 200; ++i) {
    world.pass(100ms);
    ASSERT_LE(world.view("web").workers.size(), 2u);
  }
  EXPECT_TRUE(
      world.has_notice("it counts against max, which allows 2, so none is started in its place"));
  EXPECT_EQ(world.decisions.back().rule, "overdue");
}

// given: the replacement takes as long     expect: no third: the release is slow, not hung
TEST(Overdue, DoesNotReplaceTheReplacement) {
  World world;
  settle(world, service_named("web"));
  for (const char* name : {"node-b", "node-c", "node-d"}) world.join_agent(name);
  for (auto& [id, agent] : world.agents) agent.hangs = true;
  world.happens(ScaleSet{kWeb, 2, Duration::zero()});
  world.pass(50s);
  EXPECT_EQ(world.view("web").workers.size(), 3u);
}

// given: nothing was measured, and the first start takes 25 s of a minute that it may
TEST(Overdue, GivesAFirstStartHalfOfItsTimeout) {
  World world;
  world.start({service_named("web")});
  world.join_agent("node-a").start_time = 25s;
  world.join_balancer("edge");
  world.pass(35s);
  EXPECT_EQ(world.view("web").workers.size(), 1u);
  EXPECT_EQ(world.view("web").ready, 1u);
  EXPECT_FALSE(world.has_notice("has been starting"));
}

// given: the node falls silent while it starts one     expect: silence is no lateness
TEST(Overdue, KnowsNothingOfASilentNode) {
  World world;
  settle(world, service_named("web"));
  Agent& other = world.join_agent("node-b");
  other.hangs = true;
  world.happens(ScaleSet{kWeb, 2, Duration::zero()});
  world.pass(1s);
  other.silent = true;
  world.pass(12s);
  EXPECT_FALSE(world.has_notice("has been starting"));
}

TEST(Overdue, GoesWithAServiceThatIsNotWantedAnyMore) {
  World world;
  settle(world, service_named("web"));
  world.join_agent("node-b").hangs = true;
  world.happens(ScaleSet{kWeb, 2, Duration::zero()});
  world.pass(20s);
  world.reload({service_named("other")});
  world.pass(10s);
  EXPECT_FALSE(world.state.services.contains(kWeb));
}

TEST(Overdue, GoesWhenItsServiceGetsUpstreamsInstead) {
  World world;
  settle(world, service_named("web"));
  world.join_agent("node-b").hangs = true;
  world.happens(ScaleSet{kWeb, 2, Duration::zero()});
  world.pass(20s);
  ServiceSettings upstreams = service_named("web");
  upstreams.worker.argv.clear();
  upstreams.upstreams = {{"127.0.0.1", 9001}};
  world.reload({upstreams});
  world.pass(10s);
  EXPECT_TRUE(world.record("web").workers.empty());
}

// given: two were asked for, of which one hangs, and then none
TEST(Overdue, GoesWhenNothingIsWanted) {
  World world;
  settle(world, sleepy());
  world.join_agent("node-b").hangs = true;
  world.happens(ScaleSet{kWeb, 3, Duration::zero()});
  world.pass(20s);
  ASSERT_GT(world.record("web").workers.size(), 2u);
  world.happens(ScaleSet{kWeb, 0, Duration::zero()});
  world.pass(10s);
  EXPECT_TRUE(world.record("web").workers.empty());
}

// p90 2 s -> 6 s; a longest of 60 s -> 60 s; p90 0.1 s -> 5 s; none, timeout 60 s -> 30 s
TEST(Overdue, IsPatientByWhatWasMeasured) {
  const auto measured = [](std::vector<Duration> times) {
    StartTimes starts;
    for (const Duration time : times) starts.add(time);
    return starts;
  };
  EXPECT_EQ(patience_for(measured({2s, 2s}), 60s), 6s);
  std::vector<Duration> mostly(30, 2s);
  mostly.push_back(60s);
  EXPECT_EQ(patience_for(measured(mostly), 600s), 60s);
  EXPECT_EQ(patience_for(measured({100ms}), 60s), 5s);
  EXPECT_EQ(patience_for(measured({}), 60s), 30s);
  EXPECT_EQ(patience_for(measured({}), 2s), 5s);
}

}  // namespace
}  // namespace foretide::coordinator::story
