// Stories of how workers end, and of how releases follow one another.
#include <gmock/gmock.h>

#include "core_world.hpp"

namespace foretide::coordinator::story {
namespace {

const ServiceId kWeb{"web"};
using wire::EndpointState;

const wire::Endpoint* endpoint_of(World& world, const WorkerId& id,
                                  const std::string& balancer = "edge") {
  for (const auto& endpoint : world.balancers[{balancer}].tables[kWeb].endpoints) {
    if (endpoint.id == id) return &endpoint;
  }
  return nullptr;
}

// The one worker that is on its way out.
const WorkerRecord* leaver(const World& world) {
  for (const auto& [id, worker] : world.record("web").workers) {
    if (worker.stage != WorkerStage::kServing) return &worker;
  }
  return nullptr;
}

WorkerStage stage_of_leaver(const World& world) {
  const WorkerRecord* worker = leaver(world);
  return worker ? worker->stage : WorkerStage::kServing;
}

// Two workers by hand, then one.
void begin_drain(World& world) {
  settle(world, service_named("web"));
  world.happens(ScaleSet{kWeb, 2, Duration::zero()});
  world.pass(3s);
  ASSERT_EQ(world.view("web").ready, 2u);
}

// given                                     expect
// count 2 -> 1, acknowledgement withheld    draining for ever
// acknowledged, 3 still in flight           draining
// in flight 0                               stop, ended, gone, acknowledged, forgotten
TEST(Retirement, GoesInOrder) {
  World world;
  begin_drain(world);
  Balancer& edge = world.balancers[{"edge"}];
  for (const auto& [id, worker] : world.record("web").workers) edge.pinned[id] = 3;
  edge.acks = false;
  world.pass(1s);
  world.happens(ScaleSet{kWeb, 1, Duration::zero()});
  const WorkerId id = leaver(world)->id;
  EXPECT_EQ(endpoint_of(world, id)->state, EndpointState::kDraining);
  world.pass(10s);
  EXPECT_EQ(stage_of_leaver(world), WorkerStage::kDraining) << "nobody acknowledged";
  edge.acks = true;
  world.pass(5s);
  EXPECT_EQ(stage_of_leaver(world), WorkerStage::kDraining) << "three requests are in flight";
  EXPECT_TRUE(world.agents[{"node-a"}].ended_ever.empty());
  edge.pinned.clear();
  world.pass(2s);
  EXPECT_EQ(leaver(world), nullptr);
  EXPECT_THAT(world.agents[{"node-a"}].ended_ever, testing::ElementsAre(id));
  EXPECT_EQ(world.agents[{"node-a"}].workers.size(), 1u) << "its port may be used again";
  EXPECT_EQ(endpoint_of(world, id), nullptr);
  EXPECT_FALSE(world.state.service_of.contains(id));
}

// A count from before the draining table says nothing about requests that were on their way then.
TEST(Retirement, DoesNotBelieveACountFromBeforeTheDrain) {
  World world;
  begin_drain(world);
  Balancer& edge = world.balancers[{"edge"}];
  const Stamp before = edge.tables[kWeb].stamp;
  world.happens(ScaleSet{kWeb, 1, Duration::zero()});
  const WorkerId id = leaver(world)->id;
  world.happens(TableAcked{{"edge"}, "b1", {.service = kWeb, .applied = edge.tables[kWeb].stamp}});
  wire::ServiceTraffic stale{.service = kWeb, .applied = before, .endpoints = {{.id = id}}};
  world.now += 10ms;
  world.happens(TrafficReported{{"edge"}, "b1", {.at_ms = 99'000'000, .services = {stale}}});
  EXPECT_EQ(stage_of_leaver(world), WorkerStage::kDraining);
  stale.applied = edge.tables[kWeb].stamp;
  world.happens(TrafficReported{{"edge"}, "b1", {.at_ms = 99'000'001, .services = {stale}}});
  EXPECT_EQ(stage_of_leaver(world), WorkerStage::kStopping);
}

TEST(Retirement, WaitsForEveryLiveBalancer) {
  World world;
  begin_drain(world);
  world.join_balancer("west");
  world.pass(2s);
  world.balancers[{"west"}].acks = false;
  world.happens(ScaleSet{kWeb, 1, Duration::zero()});
  world.pass(10s);
  ASSERT_NE(leaver(world), nullptr);
  EXPECT_EQ(stage_of_leaver(world), WorkerStage::kDraining);
}

TEST(Retirement, DoesNotWaitForASilentBalancerButLetsTheNodeWatchTheConnections) {
  World world;
  begin_drain(world);
  world.join_balancer("west");
  world.pass(2s);
  world.balancers[{"west"}].silent = true;
  world.happens(ScaleSet{kWeb, 1, Duration::zero()});
  const WorkerId id = leaver(world)->id;
  world.pass(10s);
  EXPECT_EQ(stage_of_leaver(world), WorkerStage::kDraining);
  std::vector<wire::DesiredWorker> orders;
  for (int i = 0; i < 200 && world.state.find_worker(id); ++i) {
    world.pass(50ms);
    for (const auto& worker : world.persisted[{"node-a"}].workers) {
      if (worker.id == id && worker.order == wire::WorkerOrder::kStop) orders.push_back(worker);
    }
  }
  ASSERT_FALSE(orders.empty());
  EXPECT_TRUE(orders.front().wait_for_quiet);
  EXPECT_EQ(world.state.find_worker(id), nullptr);
  // The one that was silent still believes in it, and is told.
  EXPECT_NE(endpoint_of(world, id, "west"), nullptr);
  world.balancers[{"west"}].silent = false;
  world.happens(BalancerHello{{"west"}, "b1", {.role = wire::Role::kBalancer}});
  ASSERT_NE(endpoint_of(world, id, "west"), nullptr);
  EXPECT_EQ(endpoint_of(world, id, "west")->state, EndpointState::kGone);
  world.pass(3s);
  EXPECT_EQ(endpoint_of(world, id, "west"), nullptr) << "said once, heard, and dropped";
}

TEST(Retirement, StopsADrainThatTakesTooLong) {
  World world;
  ServiceSettings service = service_named("web");
  service.worker.stop.drain = 5s;
  service.scale.min = 0;
  settle(world, service);
  world.happens(ScaleSet{kWeb, 1, Duration::zero()});
  world.pass(3s);
  world.balancers[{"edge"}].pinned[world.view("web").workers.at(0).id] = 1;
  world.happens(ScaleSet{kWeb, 0, Duration::zero()});
  world.pass(4s);
  EXPECT_EQ(world.running(), 1u);
  world.pass(3s);
  EXPECT_EQ(world.running(), 0u);
}

TEST(Retirement, CallsADrainOffWhenDemandReturns) {
  World world;
  begin_drain(world);
  for (const auto& [id, worker] : world.record("web").workers) {
    world.balancers[{"edge"}].pinned[id] = 1;
  }
  world.pass(1s);
  world.happens(ScaleSet{kWeb, 1, Duration::zero()});
  const WorkerId id = leaver(world)->id;
  world.pass(2s);
  world.happens(ScaleSet{kWeb, 2, Duration::zero()});
  EXPECT_EQ(endpoint_of(world, id)->state, EndpointState::kActive);
  world.balancers[{"edge"}].pinned.clear();
  world.pass(5s);
  EXPECT_EQ(world.view("web").workers.size(), 2u) << "no third was started";
  EXPECT_TRUE(world.agents[{"node-a"}].ended_ever.empty());
}

TEST(Retirement, TakesTheWorkerWithTheLeastWork) {
  World world;
  settle(world, service_named("web"));
  world.happens(ScaleSet{kWeb, 3, Duration::zero()});
  world.pass(3s);
  std::uint32_t work = 5;
  WorkerId least;
  for (const auto& [id, worker] : world.record("web").workers) {
    world.balancers[{"edge"}].pinned[id] = --work;
    least = id;
  }
  world.pass(1s);
  world.happens(ScaleSet{kWeb, 2, Duration::zero()});
  EXPECT_EQ(leaver(world)->id, least);
}

TEST(Retirement, ForgetsAStoppedWorkerThatItsNodeHasNeverHeardOf) {
  World world;
  begin_drain(world);
  Agent& agent = world.agents[{"node-a"}];
  world.happens(ScaleSet{kWeb, 1, Duration::zero()});
  const WorkerId id = leaver(world)->id;
  // The host came up anew: it runs nothing, remembers nothing, and takes the newest set.
  agent.workers.clear();
  agent.session = "a2";
  agent.applied = {};
  world.pass(2500ms);
  world.say_hello(NodeId{"node-a"});
  world.pass(3s);
  EXPECT_EQ(world.state.find_worker(id), nullptr);
  EXPECT_EQ(world.view("web").ready, 1u) << "the other one was started again";
}

// given: a coordinator that restarted, and a balancer that remembers a worker from two lives ago
TEST(Retirement, TellsABalancerToForgetAWorkerThatNobodyKnows) {
  World world;
  settle(world, service_named("web"));
  Balancer& edge = world.balancers[{"edge"}];
  edge.acks = false;
  edge.tables[kWeb].endpoints.push_back({.id = {"web-0-9"}, .address = {"10.0.0.9", 1}});
  world.pass(2s);
  ASSERT_NE(endpoint_of(world, {"web-0-9"}), nullptr);
  EXPECT_EQ(endpoint_of(world, {"web-0-9"})->state, EndpointState::kGone);
  edge.acks = true;
  world.pass(5s);
  EXPECT_EQ(endpoint_of(world, {"web-0-9"}), nullptr);
}

// given                                              expect
// restarted; the node has not spoken since; 2 -> 1   draining, but no table can say so: not stopped
// the node speaks                                    the table says it, and only then the drain
// begins
TEST(Retirement, BeginsADrainWhenATableSaysIt) {
  World world;
  begin_drain(world);
  for (const auto& [id, worker] : world.record("web").workers) {
    world.balancers[{"edge"}].pinned[id] = 3;
  }
  Agent& agent = world.agents[{"node-a"}];
  agent.silent = true;
  world.restart();
  world.say_hello(BalancerId{"edge"});
  world.pass(11s);
  world.happens(ScaleSet{kWeb, 1, Duration::zero()});
  ASSERT_NE(leaver(world), nullptr);
  const WorkerId id = leaver(world)->id;
  world.pass(60s);
  EXPECT_EQ(stage_of_leaver(world), WorkerStage::kDraining) << "no balancer was told";
  agent.silent = false;
  world.say_hello(NodeId{"node-a"});
  world.pass(5s);
  ASSERT_NE(endpoint_of(world, id), nullptr);
  EXPECT_EQ(endpoint_of(world, id)->state, EndpointState::kDraining);
  EXPECT_EQ(stage_of_leaver(world), WorkerStage::kDraining) << "its requests have their time";
  world.balancers[{"edge"}].pinned.clear();
  world.pass(3s);
  EXPECT_EQ(leaver(world), nullptr);
}

// A store that was lost may know nothing of nodes that are not connected yet; after five minutes
// whoever is there has spoken.
TEST(Retirement, WaitsWithStrangersWhenItsStoreWasBehind) {
  World world;
  settle(world, service_named("web"));
  world.state.store_was_behind = true;
  Balancer& edge = world.balancers[{"edge"}];
  edge.tables[kWeb].endpoints.push_back({.id = {"web-0-9"}, .address = {"10.0.0.9", 1}});
  world.pass(60s);
  ASSERT_NE(endpoint_of(world, {"web-0-9"}), nullptr);
  EXPECT_EQ(endpoint_of(world, {"web-0-9"})->state, EndpointState::kActive);
  world.pass(300s);
  EXPECT_EQ(endpoint_of(world, {"web-0-9"}), nullptr);
}

TEST(Retirement, DrainsWhatRunsOnARemovedNodeAndStartsItElsewhere) {
  World world;
  settle(world, service_named("web"));
  world.join_agent("node-b");
  world.happens(NodeRemoved{{"node-a"}});
  world.agents[{"node-a"}].silent = true;
  world.pass(5s);
  EXPECT_EQ(world.agents[{"node-b"}].workers.size(), 1u);
  EXPECT_EQ(world.view("web").workers.size(), 1u);
  EXPECT_FALSE(world.state.nodes.contains({"node-a"}));
}

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

// given: a release that needs more than any node has     expect: the old workers stay, and it is said
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
  other.start_time = 10s;
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
