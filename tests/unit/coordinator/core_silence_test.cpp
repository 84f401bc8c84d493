// Stories of what the core does when it cannot hear or see: balancers and nodes that fall silent,
// its own restart, its own standstill.
#include <gmock/gmock.h>

#include "core_world.hpp"

namespace foretide::coordinator::story {
namespace {

const ServiceId kWeb{"web"};

TEST(Silence, HoldsTheLastDecisionInABlackout) {
  World world;
  settle(world, service_named("web"));
  world.balancers[{"edge"}].rate[kWeb] = 200.0;
  world.pass(20s);
  const std::uint32_t before = world.view("web").desired;
  ASSERT_GE(before, 3u);
  world.balancers[{"edge"}].silent = true;
  world.pass(120s);
  EXPECT_EQ(world.view("web").desired, before) << "missing is not zero";
  EXPECT_FALSE(world.view("web").demand.has_value());
}

// given: a balancer that dies with requests held      expect: they are nobody's after a while
TEST(Silence, IsNotKeptAwakeByWhatADeadBalancerHeld) {
  World world;
  settle(world, sleepy());
  world.join_balancer("west");
  world.agents[{"node-a"}].fails = true;
  world.balancers[{"west"}].rate[kWeb] = 5.0;
  world.pass(5s);
  ASSERT_GT(world.view("web").held, 0u);
  world.balancers[{"west"}].silent = true;
  world.pass(14s);
  EXPECT_GT(world.view("web").held, 0u) << "silent is not dead";
  world.pass(30s);
  EXPECT_EQ(world.view("web").held, 0u);
  EXPECT_EQ(world.view("web").desired, 0u);
  world.pass(10min);
  EXPECT_FALSE(world.state.balancers.contains({"west"}));
}

TEST(Silence, DoesNotShrinkInItsFirstTenSecondsWhateverTheWindow) {
  World world;
  ServiceSettings service = service_named("web");
  service.scale.window = 1s;
  settle(world, service);
  world.happens(ScaleSet{kWeb, 4, 3s});
  world.pass(2s);
  world.restart();
  world.say_hello(NodeId{"node-a"});
  world.say_hello(BalancerId{"edge"});
  world.pass(9s);
  EXPECT_EQ(world.view("web").desired, 4u);
  world.pass(5s);
  EXPECT_EQ(world.view("web").desired, 1u);
}

// given                                               expect
// two balancers with 100/s each, one falls silent     the count holds, by data or by the silent one
// it comes back                                       and holds
// it is silent for five minutes                       taken for dead: shrinks
TEST(Silence, HoldsWhatASilentBalancerUses) {
  World world;
  settle(world, service_named("web"));
  world.join_balancer("west");
  world.balancers[{"edge"}].rate[kWeb] = 100.0;
  world.balancers[{"west"}].rate[kWeb] = 100.0;
  world.pass(20s);
  const std::uint32_t before = world.view("web").desired;
  ASSERT_GE(before, 3u);
  Balancer& west = world.balancers[{"west"}];
  west.silent = true;
  world.pass(60s);
  EXPECT_EQ(world.view("web").desired, before) << "it may well go on serving";
  west.silent = false;
  west.session = "b2";
  world.say_hello(BalancerId{"west"});
  world.pass(20s);
  EXPECT_GE(world.view("web").desired, before);
  west.silent = true;
  world.pass(340s);
  EXPECT_LT(world.view("web").desired, before);
}

// given                                               expect
// the coordinator restarts, one balancer stays silent  the count holds: its key is known, its load
// is not it is silent for five minutes                        taken for dead: shrinks
TEST(Silence, HoldsWhatABalancerUsesThatIsNotBackSinceTheRestart) {
  World world;
  settle(world, service_named("web"));
  world.join_balancer("west");
  world.balancers[{"edge"}].rate[kWeb] = 100.0;
  world.balancers[{"west"}].rate[kWeb] = 200.0;
  world.pass(20s);
  const std::uint32_t before = world.view("web").desired;
  ASSERT_GE(before, 4u);
  world.balancers[{"west"}].silent = true;
  world.restart();
  world.pass(120s);
  EXPECT_EQ(world.view("web").desired, before) << "it may well go on serving";
  world.pass(240s);
  EXPECT_LT(world.view("web").desired, before);
}

TEST(Silence, NeverEndsAWorkerByAbsence) {
  World world;
  settle(world, service_named("web"));
  Agent& agent = world.agents[{"node-a"}];
  ASSERT_EQ(world.running(), 1u);
  agent.silent = true;
  world.pass(5min);
  EXPECT_TRUE(agent.ended_ever.empty());
  EXPECT_EQ(world.view("web").workers.at(0).state, "lost");
  const auto& table = world.balancers[{"edge"}].tables[kWeb];
  EXPECT_EQ(table.endpoints.at(0).state, wire::EndpointState::kActive)
      << "balancers see for themselves";
  agent.silent = false;
  world.say_hello(NodeId{"node-a"});
  world.pass(5s);
  EXPECT_EQ(world.view("web").ready, 1u);
  EXPECT_TRUE(agent.ended_ever.empty());
}

TEST(Silence, ReplacesALostNodesWorkersElsewhereAndDrainsTheDoubleWhenItIsBack) {
  World world;
  settle(world, service_named("web"));
  world.join_agent("node-b");
  ASSERT_EQ(world.agents[{"node-a"}].workers.size(), 1u);
  world.agents[{"node-a"}].silent = true;
  world.pass(10s);
  EXPECT_EQ(world.agents[{"node-b"}].workers.size(), 0u) << "suspect is not lost";
  world.pass(8s);
  EXPECT_EQ(world.agents[{"node-b"}].workers.size(), 1u);
  world.agents[{"node-a"}].silent = false;
  world.pass(10s);
  EXPECT_EQ(world.running(), 1u);
  EXPECT_EQ(world.view("web").workers.size(), 1u);
}

TEST(Silence, GivesASuspectNodeNoNewWorker) {
  World world;
  settle(world, service_named("web"));
  world.join_agent("node-b");
  world.agents[{"node-b"}].silent = true;
  world.pass(6s);
  world.happens(ScaleSet{kWeb, 4, Duration::zero()});
  world.pass(2s);
  EXPECT_EQ(world.agents[{"node-a"}].workers.size(), 4u);
}

TEST(Silence, TakesUpItsWorkersAfterARestartWithoutTouchingThem) {
  World world;
  settle(world, service_named("web"));
  world.balancers[{"edge"}].rate[kWeb] = 200.0;
  world.pass(20s);
  const auto before = world.agents[{"node-a"}].workers;
  world.restart();
  EXPECT_EQ(world.view("web").desired, before.size());
  world.pass(3s);
  world.say_hello(NodeId{"node-a"});
  world.say_hello(BalancerId{"edge"});
  world.pass(30s);
  EXPECT_TRUE(world.agents[{"node-a"}].ended_ever.empty());
  for (const auto& [id, said] : before) EXPECT_TRUE(world.agents[{"node-a"}].workers.contains(id));
  EXPECT_EQ(world.view("web").ready, before.size());
}

// given: everyone is heard, then the coordinator stands still for 20 s and reads one report
// expect: nobody is taken for lost
TEST(Silence, DoesNotBlameOthersForItsOwnStandstill) {
  World world;
  settle(world, service_named("web"));
  world.join_agent("node-b");
  world.balancers[{"edge"}].rate[kWeb] = 200.0;
  world.pass(20s);
  const std::size_t before = world.record("web").workers.size();
  world.now += 20s;
  world.report(NodeId{"node-a"});
  world.report(BalancerId{"edge"});
  world.happens(Tick{});
  EXPECT_EQ(world.record("web").workers.size(), before);
  EXPECT_FALSE(world.has_notice("is silent"));
}

// given: 4 workers, then a node with 2 of them dies and they are replaced; the coordinator restarts
// expect: 4 as before, not 6
TEST(Silence, CountsNobodyTwiceWhenItRestartsAfterAHostHasDied) {
  World world;
  ServiceSettings service = service_named("web");
  service.scale.min = 4;
  world.start({service});
  world.join_agent("node-a");
  world.join_agent("node-b");
  world.join_balancer("edge");
  world.pass(15s);
  ASSERT_EQ(world.running(), 4u);
  world.agents[{"node-b"}].silent = true;
  world.pass(60s);
  ASSERT_EQ(world.view("web").ready, 4u);
  world.restart();
  EXPECT_EQ(world.view("web").desired, 4u);
  ASSERT_TRUE(world.view("web").last_decision);
  EXPECT_EQ(world.view("web").last_decision->to, 4u);
  const std::size_t before = world.agents[{"node-a"}].workers.size();
  world.pass(60s);
  EXPECT_EQ(world.agents[{"node-a"}].workers.size(), before) << "none was started besides";
}

TEST(Silence, RemembersAPauseAndADrainOverARestart) {
  World world;
  settle(world, service_named("web"));
  world.join_agent("node-b");
  world.happens(PauseSet{kWeb, true, PauseDirection::kDown, 60s});
  world.happens(DrainSet{{"node-b"}, true});
  world.restart();
  ASSERT_TRUE(world.view("web").pause.has_value());
  EXPECT_EQ(world.view("web").pause->direction, PauseDirection::kDown);
  EXPECT_EQ(world.view("web").pause->expires_in_seconds, 60.0);
  EXPECT_TRUE(world.state.nodes.at({"node-b"}).draining);
}

// given: an upstream leaves the cluster file while the coordinator is down
// expect: the balancer that still has it is told to forget it
TEST(Silence, SaysFarewellToUpstreamsThatLeftWhileItWasDown) {
  World world;
  ServiceSettings service = service_named("web");
  service.worker.argv.clear();
  service.upstreams = {{"127.0.0.1", 9001}, {"127.0.0.1", 9002}};
  settle(world, service);
  service.upstreams.pop_back();
  world.settings.services = {service};
  world.balancers[{"edge"}].acks = false;
  world.restart();
  world.pass(3s);
  const auto& endpoints = world.balancers[{"edge"}].tables[kWeb].endpoints;
  ASSERT_EQ(endpoints.size(), 2u);
  EXPECT_EQ(endpoints[0].state, wire::EndpointState::kActive);
  EXPECT_EQ(endpoints[1].state, wire::EndpointState::kGone);
}

TEST(Silence, HoldsNothingForABalancerThatWasRemoved) {
  World world;
  settle(world, service_named("web"));
  world.join_balancer("west");
  world.balancers[{"edge"}].rate[kWeb] = 100.0;
  world.balancers[{"west"}].rate[kWeb] = 200.0;
  world.pass(20s);
  const std::uint32_t before = world.view("web").desired;
  world.balancers[{"west"}].silent = true;
  world.happens(BalancerRemoved{{"west"}});
  world.pass(30s);
  EXPECT_LT(world.view("web").desired, before);
}

// given: a store that is new, as after a loss     expect: names that no former life has given
TEST(Silence, NamesWorkersOfAFirstLifeByItsTag) {
  World world;
  world.tag = "kbz";
  settle(world, service_named("web"));
  EXPECT_EQ(world.view("web").workers.at(0).id.text, "web-1kbz-1");
}

}  // namespace
}  // namespace foretide::coordinator::story
