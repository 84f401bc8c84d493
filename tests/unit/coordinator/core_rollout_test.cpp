// Stories of how workers are replaced: releases that follow one another, nodes that are drained and
// removed.
#include <gmock/gmock.h>

#include "core_world.hpp"

namespace foretide::coordinator::story {
namespace {

const ServiceId kWeb{"web"};
using wire::EndpointState;

ServiceSettings release_two() {
  ServiceSettings service = service_named("web");
  service.worker.argv.push_back("--two");
  return service;
}

// given: 3 of release one        expect: at every moment 3 ready, at most 4 in all, then 3 of two
TEST(Rollout, KeepsEveryoneServedAndAddsOneAtATime) {
  World world;
  settle(world, service_named("web"));
  world.happens(ScaleSet{kWeb, 3, Duration::zero()});
  world.pass(3s);
  world.reload({release_two()});
  for (int i = 0; i < 400; ++i) {
    world.pass(50ms);
    std::uint32_t active = 0, serving = 0;
    for (const auto& endpoint : world.balancers[{"edge"}].tables[kWeb].endpoints) {
      active += endpoint.state == EndpointState::kActive;
    }
    for (const auto& [id, worker] : world.record("web").workers) {
      serving += worker.stage == WorkerStage::kServing;
    }
    ASSERT_GE(active, 3u);
    ASSERT_LE(serving, 4u);
  }
  ASSERT_EQ(world.view("web").workers.size(), 3u);
  for (const auto& worker : world.view("web").workers) {
    EXPECT_EQ(worker.release, world.record("web").release);
  }
}

TEST(Rollout, StopsAtAReleaseThatDoesNotComeUp) {
  World world;
  settle(world, service_named("web"));
  world.happens(ScaleSet{kWeb, 3, Duration::zero()});
  world.pass(3s);
  world.agents[{"node-a"}].fails = true;
  world.reload({release_two()});
  world.pass(60s);
  EXPECT_EQ(world.running(), 3u) << "the old ones serve on";
  EXPECT_EQ(world.view("web").failing, 1u) << "and one try is enough";
}

TEST(Rollout, MakesRoomFirstWhereBothDoNotFit) {
  World world;
  ServiceSettings one = service_named("web"), two = release_two();
  one.worker.needs.cpus = two.worker.needs.cpus = 4.0;  // the whole node
  settle(world, one);
  ASSERT_EQ(world.running(), 1u);
  world.reload({two});
  world.pass(10s);
  ASSERT_EQ(world.view("web").workers.size(), 1u);
  EXPECT_EQ(world.view("web").workers.at(0).release, release_for(two.worker));
  EXPECT_EQ(world.view("web").ready, 1u);
}

// given: a release that needs more than any node has     expect: the old workers stay, and it is
// said
TEST(Rollout, KeepsTheOldWorkersWhereTheirGoingMakesNoRoom) {
  World world;
  settle(world, service_named("web"));
  world.balancers[{"edge"}].rate[kWeb] = 200.0;
  world.pass(15s);
  const std::uint32_t before = world.view("web").ready;
  ASSERT_GE(before, 3u);
  ServiceSettings two = release_two();
  two.worker.needs.memory_bytes = std::uint64_t{1} << 40;
  world.reload({two});
  world.pass(30s);
  EXPECT_GE(world.view("web").ready, 3u);
  EXPECT_EQ(world.view("web").held, 0u);
  EXPECT_TRUE(world.has_notice("too little memory free"));
}

// given: two nodes, one is drained     expect: a new worker is ready before an old one drains
TEST(Drain, ReplacesTheWorkersOfANodeElsewhere) {
  World world;
  settle(world, service_named("web"));
  ASSERT_EQ(world.running(), 1u);
  world.join_agent("node-b");
  world.happens(DrainSet{{"node-a"}, true});
  std::uint32_t fewest = 1;
  for (int i = 0; i < 100; ++i) {
    world.pass(100ms);
    fewest = std::min(fewest, world.running());
  }
  EXPECT_EQ(fewest, 1u);
  ASSERT_EQ(world.view("web").workers.size(), 1u);
  EXPECT_EQ(world.view("web").workers.at(0).node.text, "node-b");
  world.happens(DrainSet{{"node-a"}, false});
  world.happens(DrainSet{{"node-b"}, true});
  world.pass(10s);
  EXPECT_EQ(world.view("web").workers.at(0).node.text, "node-a") << "it takes workers again";
}

// given: a drained, its replacement on c crashes again and again, d is healthy, load comes
// expect: what is needed is started on d
TEST(Drain, DoesNotKeepAServiceFromGrowing) {
  World world;
  settle(world, service_named("web"));
  Agent& sick = world.join_agent("node-c");
  sick.fails = true;
  world.happens(DrainSet{{"node-a"}, true});
  world.pass(2s);
  ASSERT_EQ(world.view("web").failing, 1u);
  world.join_agent("node-d");
  world.balancers[{"edge"}].rate[{"web"}] = 300.0;
  world.pass(20s);
  EXPECT_GE(world.view("web").ready, 3u) << "half of the new ones fell to the sick node";
}

// given: a node is drained and removed before the replacement is up
// expect: the replacement goes on starting
TEST(Drain, EndsWithTheNodesRemovalAndKeepsTheReplacements) {
  World world;
  settle(world, service_named("web"));
  Agent& other = world.join_agent("node-b");
  other.start_time = 4s;
  world.happens(DrainSet{{"node-a"}, true});
  world.pass(2s);
  ASSERT_EQ(other.workers.size(), 1u);
  const WorkerId replacement = other.workers.begin()->first;
  world.happens(NodeRemoved{{"node-a"}});
  world.agents.erase({"node-a"});
  world.pass(12s);
  ASSERT_EQ(world.view("web").ready, 1u);
  EXPECT_TRUE(other.workers.contains(replacement));
  EXPECT_TRUE(other.ended_ever.empty());
}

// given: a node is removed while a worker of it still drains, and a new host takes its name
// expect: the new host is told to run nothing of the old one's
TEST(Removal, LeavesNothingToALaterHostOfTheName) {
  World world;
  settle(world, service_named("web"));
  world.join_agent("node-b");
  const WorkerId first = world.view("web").workers.at(0).id;
  world.balancers[{"edge"}].pinned[first] = 1;
  world.happens(DrainSet{{"node-a"}, true});
  world.happens(NodeRemoved{{"node-a"}});
  world.agents.erase({"node-a"});
  world.pass(2s);
  Agent& later = world.join_agent("node-a");
  later.session = "a2";
  world.say_hello(NodeId{"node-a"});
  world.pass(1s);
  for (const wire::DesiredWorker& worker : world.persisted.at({"node-a"}).workers) {
    EXPECT_FALSE(worker.id == first && worker.order == wire::WorkerOrder::kRun);
  }
  EXPECT_FALSE(world.state.nodes.at({"node-a"}).draining);
}

TEST(Drain, KeepsTheWorkersWhileNoOtherNodeHasRoom) {
  World world;
  settle(world, service_named("web"));
  world.happens(DrainSet{{"node-a"}, true});
  world.pass(60s);
  EXPECT_EQ(world.view("web").ready, 1u);
  EXPECT_TRUE(world.has_notice("no node can take a worker of web: node-a is being drained"));
}

TEST(Rollout, GoesBackToTheOldReleaseByCallingItsDrainOff) {
  World world;
  settle(world, service_named("web"));
  const WorkerId first = world.view("web").workers.at(0).id;
  world.balancers[{"edge"}].pinned[first] = 1;
  world.reload({release_two()});
  world.pass(3s);
  ASSERT_EQ(world.state.find_worker(first)->stage, WorkerStage::kDraining);
  world.reload({service_named("web")});
  world.pass(3s);
  ASSERT_NE(world.state.find_worker(first), nullptr);
  EXPECT_EQ(world.state.find_worker(first)->stage, WorkerStage::kServing);
  world.pass(10s);
  EXPECT_EQ(world.view("web").workers.size(), 1u);
}

TEST(Rollout, DoesNotFollowAChangeOfHowWorkersAreStopped) {
  World world;
  settle(world, service_named("web"));
  const WorkerId first = world.view("web").workers.at(0).id;
  ServiceSettings service = service_named("web");
  service.worker.stop.grace = 99s;
  world.reload({service});
  world.pass(5s);
  EXPECT_EQ(world.view("web").workers.at(0).id, first);
  EXPECT_EQ(world.persisted[{"node-a"}].specs.begin()->second.stop.grace, 99s);
}

}  // namespace
}  // namespace foretide::coordinator::story
