// Stories of sessions: who speaks for a node, and what happens when two do.
#include <gmock/gmock.h>

#include "core_world.hpp"

namespace foretide::coordinator::story {
namespace {

const NodeId kNode{"node-a"};

std::size_t welcomes_to(const World& world, const std::string& session) {
  std::size_t count = 0;
  for (const Action& action : world.last) {
    const auto* welcome = std::get_if<SendWelcomeNode>(&action);
    if (welcome && welcome->session == session && !welcome->welcome.introduce) ++count;
  }
  return count;
}

TEST(Identity, LetsARestartedAgentTakeOverOnceItsPredecessorIsSilent) {
  World world;
  settle(world, service_named("web"));
  Agent& agent = world.agents[kNode];
  world.report(kNode);
  agent.session = "a2";
  world.happens(NodeHello{kNode, "a2", agent.hello, ""});
  EXPECT_EQ(welcomes_to(world, "a2"), 0u);
  ASSERT_EQ(world.refusals.size(), 1u);
  EXPECT_FALSE(world.refusals[0].refusal.final) << "it may try again";
  agent.silent = true;
  world.pass(2s);
  agent.silent = false;
  world.say_hello(kNode);
  EXPECT_EQ(world.state.nodes.at(kNode).session, "a2");
  world.pass(3s);
  EXPECT_EQ(world.view("web").ready, 1u);
  EXPECT_TRUE(agent.ended_ever.empty());
}

TEST(Identity, RefusesASecondAgentForGoodWhileTheFirstKeepsTalking) {
  World world;
  settle(world, service_named("web"));
  for (int i = 0; i < 12; ++i) {
    world.happens(NodeHello{kNode, "thief", {}, "10.9.9.9"});
    world.pass(1s);
  }
  ASSERT_GE(world.refusals.size(), 11u);
  EXPECT_FALSE(world.refusals[5].refusal.final);
  EXPECT_TRUE(world.refusals.back().refusal.final);
  EXPECT_EQ(world.refusals.back().session, "thief");
  EXPECT_EQ(world.state.nodes.at(kNode).session, "a1");
  EXPECT_NE(world.state.nodes.at(kNode).address, "10.9.9.9");
  EXPECT_TRUE(world.has_notice("second agent"));
}

// given: two balancers with one key, each saying Hello whenever the other has taken over
TEST(Identity, SaysThatTwoBalancersUseOneKey) {
  World world;
  settle(world, service_named("web"));
  const auto hello = [&](const std::string& session) {
    world.now += 500ms;
    world.happens(BalancerHello{{"edge"}, session, wire::Hello{.role = wire::Role::kBalancer}});
  };
  hello("b2");
  EXPECT_FALSE(world.has_notice("two balancers")) << "one that was restarted takes over once";
  for (int i = 0; i < 4; ++i) hello(i % 2 == 0 ? "b3" : "b2");
  EXPECT_TRUE(world.has_notice("two balancers use the key of edge"));
}

// given: a balancer that is replaced by an upgraded one again and again, each speaking to its end
TEST(Identity, SaysNothingOfABalancerThatIsReplacedNowAndThen) {
  World world;
  settle(world, service_named("web"));
  for (int i = 0; i < 10; ++i) {
    const std::string session = "upgraded" + std::to_string(i);
    for (const auto age : {500ms, 120'000ms}) {
      world.now += age;
      world.happens(BalancerHello{{"edge"}, session, wire::Hello{.role = wire::Role::kBalancer}});
    }
  }
  EXPECT_FALSE(world.has_notice("two balancers"));
}

TEST(Identity, IgnoresTheReportsOfASecondAgent) {
  World world;
  settle(world, service_named("web"));
  world.happens(NodeReported{kNode, "thief", {}});
  EXPECT_EQ(world.view("web").ready, 1u);
  EXPECT_EQ(welcomes_to(world, "thief"), 0u);
}

// Its Hello was refused while the old session spoke; were its report answered with a Welcome after
// that, it would think itself known and never say Hello again.
TEST(Identity, DoesNotWelcomeANewSessionBeforeItsHello) {
  World world;
  settle(world, service_named("web"));
  Agent& agent = world.agents[kNode];
  world.report(kNode);
  agent.session = "a2";
  world.happens(NodeHello{kNode, "a2", agent.hello, ""});
  ASSERT_EQ(world.refusals.size(), 1u);
  for (int second = 0; second < 3; ++second) {
    world.now += 1s;
    world.happens(Tick{});
  }
  world.happens(NodeReported{kNode, "a2", {}});
  EXPECT_EQ(welcomes_to(world, "a2"), 0u) << "it is asked for its Hello";
  world.happens(NodeHello{kNode, "a2", agent.hello, ""});
  EXPECT_EQ(welcomes_to(world, "a2"), 1u);
}

TEST(Identity, SaysWelcomeAgainEveryTwoSeconds) {
  World world;
  settle(world, service_named("web"));
  int heard = 0;
  for (int i = 0; i < 40; ++i) {
    world.now += 250ms;
    world.report(kNode);
    world.happens(Tick{});
    heard += static_cast<int>(welcomes_to(world, "a1"));
  }
  EXPECT_GE(heard, 4);
  EXPECT_LE(heard, 6);
}

TEST(Identity, RepeatsASetAtMostOnceASecondUntilItIsApplied) {
  World world;
  settle(world, service_named("web"));
  Agent& agent = world.agents[kNode];
  const Stamp before = agent.applied;
  world.happens(ScaleSet{{"web"}, 2, Duration::zero()});
  agent.applied = before;  // the message was lost
  int sent = 0;
  for (int i = 0; i < 40; ++i) {
    world.now += 100ms;
    world.happens(NodeReported{kNode, "a1", {.applied = before}});
    for (const Action& action : world.last) sent += std::holds_alternative<SendSet>(action);
    agent.applied = before;
  }
  EXPECT_GE(sent, 3);
  EXPECT_LE(sent, 4);
}

TEST(Identity, PutsWhatMustLastBeforeWhatIsSent) {
  World world;
  settle(world, service_named("web"));
  const auto actions = world.happens(ScaleSet{{"web"}, 4, Duration::zero()});
  bool sending = false;
  for (const Action& action : actions) {
    const bool sends =
        std::holds_alternative<SendSet>(action) || std::holds_alternative<SendServiceTable>(action);
    const bool persists = std::holds_alternative<PersistSet>(action) ||
                          std::holds_alternative<PersistRevision>(action) ||
                          std::holds_alternative<PersistEpoch>(action);
    sending = sending || sends;
    EXPECT_FALSE(persists && sending);
  }
  EXPECT_TRUE(sending);
}

TEST(Identity, SaysEverythingAgainInAHigherEpoch) {
  World world;
  settle(world, service_named("web"));
  const std::uint64_t before = world.state.epoch;
  wire::Hello hello;
  hello.highest_epoch = before + 5;
  world.agents[{"node-b"}].hello = hello;
  world.join_agent("node-b");
  EXPECT_EQ(world.state.epoch, before + 6);
  world.pass(3s);
  EXPECT_EQ(world.agents[kNode].applied.epoch, before + 6);
  EXPECT_EQ(world.balancers[{"edge"}].tables[{"web"}].stamp.epoch, before + 6);
  EXPECT_EQ(world.view("web").ready, 1u);
}

// given: a peer that claims the highest epoch there is     one more would be zero: not heeded
TEST(Identity, DoesNotHeedAnEpochThatCannotBe) {
  World world;
  settle(world, service_named("web"));
  const std::uint64_t before = world.state.epoch;
  wire::NodeReport report;
  report.applied = {~std::uint64_t{0}, 1};
  wire::Hello hello;
  hello.highest_epoch = ~std::uint64_t{0};
  world.happens(NodeHello{{"node-z"}, "z1", hello, "127.0.0.1"});
  world.happens(NodeReported{{"node-z"}, "z1", report});
  EXPECT_EQ(world.state.epoch, before);
  world.pass(5s);
  EXPECT_EQ(world.view("web").ready, 1u);
}

}  // namespace
}  // namespace foretide::coordinator::story
