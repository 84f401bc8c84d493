// Stories of how workers end.
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

}  // namespace
}  // namespace foretide::coordinator::story
