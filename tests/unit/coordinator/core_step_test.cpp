// Stories of the whole core: wake, growth, shrinking, retirement, restarts, silence.
#include <gmock/gmock.h>

#include "core_world.hpp"

namespace foretide::coordinator::story {
namespace {

const ServiceId kWeb{"web"};

template <class What>
std::vector<What> all_of(const std::vector<Action>& actions) {
  std::vector<What> found;
  for (const Action& action : actions) {
    if (const auto* one = std::get_if<What>(&action)) found.push_back(*one);
  }
  return found;
}

TEST(Step, StartsTheMinimumAsSoonAsANodeHasReported) {
  World world;
  world.start({service_named("web")});
  EXPECT_EQ(world.view("web").desired, 1u);
  EXPECT_EQ(world.view("web").starting, 0u) << "there is no node yet";
  world.join_agent("node-a");
  world.pass(1s);
  EXPECT_EQ(world.view("web").ready, 1u);
  EXPECT_EQ(world.decisions.at(0).rule, "min");
}

// given: min 0, nothing runs        expect: the very event that carries the hold also carries the
// order
TEST(Step, WakesFromZeroOnTheEventItself) {
  World world;
  settle(world, sleepy());
  ASSERT_EQ(world.view("web").desired, 0u);
  wire::ServiceTraffic held{.service = kWeb, .arrivals_total = 1, .held = 1};
  const auto actions =
      world.happens(TrafficReported{{"edge"}, "b1", {.at_ms = 99'000'000, .services = {held}}});
  const auto sets = all_of<SendSet>(actions);
  ASSERT_EQ(sets.size(), 1u);
  EXPECT_EQ(sets[0].set.workers.size(), 1u);
  EXPECT_EQ(world.decisions.back().rule, "wake");
}

// given: a queue that holds nothing, so that requests are refused     expect: they wake it all the
// same
TEST(Step, WakesOnRequestsThatMayNotWait) {
  World world;
  settle(world, sleepy());
  Balancer& edge = world.balancers[{"edge"}];
  edge.traffic[kWeb].arrivals_total += 3;
  edge.traffic[kWeb].refused_total += 3;
  world.pass(1s);
  EXPECT_EQ(world.view("web").desired, 1u);
}

TEST(Step, SleepsAgainWhenNothingCameForTheIdleTime) {
  World world;
  settle(world, sleepy());
  world.balancers[{"edge"}].rate[kWeb] = 5.0;
  world.pass(20s);
  EXPECT_EQ(world.view("web").ready, 1u);
  world.balancers[{"edge"}].rate[kWeb] = 0.0;
  world.pass(18s);
  EXPECT_EQ(world.view("web").ready, 1u) << "the idle time is not over";
  world.pass(6s);
  EXPECT_EQ(world.running(), 0u);
  EXPECT_EQ(world.decisions.back().rule, "idle");
  EXPECT_TRUE(world.record("web").workers.empty()) << "and it was forgotten";
}

// given: one worker for 8, load steps from 1 to 20     expect: the second takes traffic within 2 s
TEST(Step, AnswersALoadStepWithinTwoSeconds) {
  World world;
  settle(world, service_named("web"));
  world.agents[{"node-a"}].start_time = 0ms;
  world.balancers[{"edge"}].rate[kWeb] = 10.0;
  world.pass(30s);
  ASSERT_EQ(world.view("web").ready, 1u);
  world.balancers[{"edge"}].rate[kWeb] = 200.0;
  const Duration took = world.pass_until([&] { return world.view("web").ready >= 2; }, 5s);
  EXPECT_LE(took, 2s);
  world.pass(5s);
  EXPECT_GE(world.view("web").ready, 3u) << "20 in flight need three of 8";
}

TEST(Step, ShrinksToWhatIsNeededAndNeverBelowMin) {
  World world;
  ServiceSettings service = service_named("web");
  service.scale.min = 2;
  settle(world, service);
  world.balancers[{"edge"}].rate[kWeb] = 300.0;
  world.pass(20s);
  EXPECT_GE(world.view("web").ready, 4u);
  world.balancers[{"edge"}].rate[kWeb] = 10.0;
  for (int i = 0; i < 60; ++i) {
    world.pass(1s);
    ASSERT_GE(world.view("web").ready, 2u) << "below min by our own commands";
  }
  EXPECT_EQ(world.view("web").ready, 2u);
}

TEST(Step, KeepsTheRecordToChanges) {
  World world;
  settle(world, service_named("web"));
  world.balancers[{"edge"}].rate[kWeb] = 40.0;
  world.pass(30s);
  const std::size_t before = world.decisions.size();
  world.pass(60s);
  EXPECT_EQ(world.decisions.size(), before) << "nothing changed, nothing is recorded";
}

TEST(Step, SaysOnceThatNoNodeHasRoomAndTriesAgain) {
  World world;
  ServiceSettings service = service_named("web");
  service.worker.needs.cpus = 3.0;
  service.scale.min = 2;
  settle(world, service);
  world.pass(30s);
  EXPECT_EQ(world.running(), 1u);
  EXPECT_EQ(std::count_if(world.notices.begin(), world.notices.end(),
                          [](const Notice& notice) { return notice.kind == "placement"; }),
            1);
  world.join_agent("node-b");
  world.pass(2s);
  EXPECT_EQ(world.running(), 2u);
}

TEST(Step, AnswersASessionThatItDoesNotKnowWithAWelcome) {
  World world;
  settle(world, service_named("web"));
  world.restart();
  const auto actions = world.happens(NodeReported{{"node-a"}, "a1", {}});
  ASSERT_EQ(all_of<SendWelcomeNode>(actions).size(), 1u);
  EXPECT_TRUE(all_of<SendSet>(actions).empty()) << "no set before its report is merged";
}

// A Hello that was refused or lost leaves a session that reports and that nobody knows; its epoch
// is the present one, so the epoch alone would never make it say Hello again.
TEST(Step, AsksAnUnknownSessionForItsHelloWhateverTheEpoch) {
  World world;
  settle(world, service_named("web"));
  world.agents[{"node-a"}].silent = true;
  world.pass(3s);
  const auto to_agent = all_of<SendWelcomeNode>(world.happens(NodeReported{{"node-a"}, "a2", {}}));
  ASSERT_EQ(to_agent.size(), 1u);
  EXPECT_EQ(to_agent[0].session, "a2");
  EXPECT_TRUE(to_agent[0].welcome.introduce);
  const auto to_balancer =
      all_of<SendWelcomeBalancer>(world.happens(TrafficReported{{"edge"}, "b2", {}}));
  ASSERT_EQ(to_balancer.size(), 1u);
  EXPECT_TRUE(to_balancer[0].welcome.introduce);
  const auto known = all_of<SendWelcomeNode>(world.happens(NodeHello{{"node-a"}, "a2", {}, ""}));
  ASSERT_EQ(known.size(), 1u);
  EXPECT_FALSE(known[0].welcome.introduce);
}

TEST(Step, SendsNoSetBeforeTheNodesOwnReport) {
  World world;
  world.start({service_named("web")});
  world.agents[{"node-a"}];
  auto actions = world.happens(NodeHello{{"node-a"}, "a1", {}, "10.0.0.1"});
  EXPECT_TRUE(all_of<SendSet>(actions).empty());
  actions = world.happens(Tick{});
  EXPECT_TRUE(all_of<SendSet>(actions).empty());
  actions = world.happens(NodeReported{{"node-a"}, "a1", {}});
  EXPECT_EQ(all_of<SendSet>(actions).size(), 1u);
}

// given: a lost store, and agents that remember epoch 7      expect: 8, and their workers taken in
TEST(Step, RisesAboveTheEpochThatAgentsRememberAndTakesInTheirWorkers) {
  World world;
  world.start({service_named("web")});
  ASSERT_EQ(world.state.epoch, 1u);
  Agent& agent = world.agents[{"node-a"}];
  agent.hello.highest_epoch = 7;
  agent.applied = {7, 40};
  const ReleaseId release = release_for(world.settings.services[0].worker);
  for (int n = 1; n <= 3; ++n) {
    const WorkerId id{"web-7-" + std::to_string(n)};
    agent.workers[id] = {.id = id,
                         .service = kWeb,
                         .release = release,
                         .phase = wire::WorkerPhase::kReady,
                         .address = {"10.0.0.1", static_cast<std::uint16_t>(20000 + n)}};
  }
  world.join_agent("node-a");
  world.join_balancer("edge");
  EXPECT_EQ(world.state.epoch, 8u);
  EXPECT_EQ(world.view("web").desired, 3u);
  world.pass(9s);
  EXPECT_EQ(world.view("web").ready, 3u);
  EXPECT_TRUE(agent.ended_ever.empty());
  world.pass(60s);
  EXPECT_EQ(world.view("web").ready, 1u) << "no demand for a whole window: back to min, gently";
}

TEST(Step, StartsNothingAfterALostStoreThatAnAgentMayStillBringBack) {
  World world;
  ServiceSettings service = service_named("web");
  service.scale.min = 3;
  world.start({service});
  const ReleaseId release = release_for(world.settings.services[0].worker);
  const auto runs = [&](const NodeId& node, const std::string& host, const std::string& name) {
    Agent& agent = world.agents[node];
    agent.hello.highest_epoch = 7;
    agent.applied = {7, 40};
    agent.workers[{name}] = {.id = {name},
                             .service = kWeb,
                             .release = release,
                             .phase = wire::WorkerPhase::kReady,
                             .address = {host, 20001}};
  };
  runs({"node-a"}, "10.0.0.1", "web-7-1");
  runs({"node-b"}, "10.0.0.2", "web-7-2");
  world.join_agent("node-a");
  world.pass(3s);
  world.join_agent("node-b");
  world.pass(1s);
  EXPECT_EQ(world.view("web").workers.size(), 2u);
  world.pass(5s);
  EXPECT_EQ(world.view("web").ready, 3u) << "one was lost, or never ran";
  world.pass(20s);
  EXPECT_TRUE(world.agents[{"node-a"}].ended_ever.empty());
  EXPECT_TRUE(world.agents[{"node-b"}].ended_ever.empty());
}

TEST(Step, NoticesAnEqualEpochThatIsNotItsOwn) {
  World world;
  world.start({service_named("web")});
  Agent& agent = world.agents[{"node-a"}];
  agent.applied = {1, 500};  // epoch 1 of another life
  world.join_agent("node-a");
  EXPECT_EQ(world.state.epoch, 2u);
  EXPECT_EQ(agent.applied.epoch, 2u) << "and the agent took the newer set";
}

// The Hello does not always know: here only the report tells that the agent obeyed another life's
// epoch 1.
TEST(Step, NoticesASetThatItNeverSent) {
  World world;
  world.start({service_named("web")});
  world.agents[{"node-a"}].applied = {1, 500};
  world.happens(NodeHello{{"node-a"}, "a1", {}, "10.0.0.1"});
  ASSERT_EQ(world.state.epoch, 1u);
  world.report(NodeId{"node-a"});
  EXPECT_EQ(world.state.epoch, 2u);
  world.report(NodeId{"node-a"});
  EXPECT_EQ(world.agents[{"node-a"}].applied.epoch, 2u);
}

TEST(Step, RetiresStrangersOfAnotherReleaseGently) {
  World world;
  world.start({service_named("web")});
  Agent& agent = world.agents[{"node-a"}];
  agent.applied = {3, 1};
  agent.workers[{"old-3-1"}] = {.id = {"old-3-1"},
                                .service = {"old"},
                                .release = {"r0"},
                                .phase = wire::WorkerPhase::kReady,
                                .address = {"10.0.0.1", 20001}};
  world.join_agent("node-a");
  world.join_balancer("edge");
  world.pass(5s);
  EXPECT_TRUE(agent.ended_ever.empty()) << "too young to end anything";
  world.pass(15s);
  EXPECT_THAT(agent.ended_ever, testing::Contains(WorkerId{"old-3-1"}));
  EXPECT_FALSE(world.state.services.contains({"old"}));
  EXPECT_EQ(world.view("web").ready, 1u);
}

TEST(Step, HoldsACountSetByHandUntilItExpires) {
  World world;
  settle(world, service_named("web"));
  world.happens(ScaleSet{kWeb, 5, 30s});
  world.pass(5s);
  EXPECT_EQ(world.view("web").ready, 5u);
  EXPECT_EQ(world.view("web").last_decision->rule, "manual");
  EXPECT_TRUE(world.view("web").manual->expires_in_seconds.has_value());
  world.pass(60s);
  EXPECT_EQ(world.view("web").ready, 1u);
  EXPECT_FALSE(world.view("web").manual.has_value());
}

// given: a load that is now worth one worker and now two, 25 s each
// expect: after some turns it stays at two; by hand it may go to and fro as it likes
TEST(Step, StopsGoingToAndFroWithALoadOnTheBoundary) {
  World world;
  ServiceSettings service = service_named("web");
  service.scale.predict = ScaleSettings::Predict::kOff;
  settle(world, service);
  std::uint32_t falls = 0;
  for (int i = 0; i < 20; ++i) {
    world.balancers[{"edge"}].rate[kWeb] = i % 2 ? 60.0 : 100.0;
    const std::uint32_t before = world.view("web").desired;
    world.pass(25s);
    falls += world.view("web").desired < before;
  }
  EXPECT_GE(falls, 2u);
  EXPECT_LE(falls, 5u);
  const auto told = [](const Decision& decision) { return decision.rule == "flapping"; };
  EXPECT_TRUE(std::any_of(world.decisions.begin(), world.decisions.end(), told));
}

TEST(Step, DoesNotTakeOrdersByHandForFlapping) {
  World world;
  settle(world, service_named("web"));
  world.balancers[{"edge"}].rate[kWeb] = 20.0;
  for (std::uint32_t i = 0; i < 12; ++i) {
    world.happens(ScaleSet{kWeb, 2 + i % 2, Duration::zero()});
    world.pass(5s);
  }
  world.happens(ScaleSet{kWeb, std::nullopt, Duration::zero()});
  world.pass(30s);
  EXPECT_EQ(world.view("web").ready, 1u);
}

TEST(Step, EndsAPauseWhenItsTimeIsOver) {
  World world;
  settle(world, service_named("web"));
  world.happens(ScaleSet{kWeb, 5, 5s});
  world.pass(4s);
  world.happens(PauseSet{kWeb, true, PauseDirection::kDown, 60s});
  EXPECT_TRUE(world.has_notice("service web is paused downwards: no rule removes workers"));
  world.pass(50s);
  EXPECT_EQ(world.view("web").ready, 5u);
  EXPECT_LT(world.view("web").pause->expires_in_seconds, 11.0);
  world.pass(30s);
  EXPECT_FALSE(world.view("web").pause);
  EXPECT_TRUE(world.has_notice("the pause of service web is over"));
  EXPECT_EQ(world.view("web").ready, 1u);
}

TEST(Step, KeepsAFailingWorkerInItsPlaceAndSaysWhatItSaid) {
  World world;
  world.start({service_named("web")});
  world.agents[{"node-a"}].fails = true;
  world.join_agent("node-a");
  world.join_balancer("edge");
  world.balancers[{"edge"}].rate[kWeb] = 20.0;
  world.pass(30s);
  EXPECT_EQ(world.view("web").workers.size(), 1u) << "requests wait, but more would fail likewise";
  EXPECT_EQ(world.view("web").failing, 1u);
  ASSERT_TRUE(world.has_notice("ended with status 1"));
  EXPECT_TRUE(world.balancers[{"edge"}].tables[kWeb].endpoints.empty());
}

TEST(Step, TakesABackingOffWorkerOutOfTheRoutesUntilItIsReadyAgain) {
  World world;
  settle(world, service_named("web"));
  auto& said = world.agents[{"node-a"}].workers.begin()->second;
  said.phase = wire::WorkerPhase::kBackingOff;
  said.failures = 1;
  world.report(NodeId{"node-a"});
  const auto& endpoint = [&]() -> const wire::Endpoint& {
    return world.balancers[{"edge"}].tables[kWeb].endpoints.at(0);
  };
  EXPECT_EQ(endpoint().state, wire::EndpointState::kDraining);
  said.phase = wire::WorkerPhase::kReady;
  world.report(NodeId{"node-a"});
  EXPECT_EQ(endpoint().state, wire::EndpointState::kActive);
  EXPECT_EQ(world.view("web").workers.size(), 1u);
  EXPECT_TRUE(world.has_notice("is ready again"));
}

TEST(Step, SparesANodeThatCannotStartTheReleaseAndSaysWhy) {
  World world;
  world.start({service_named("web")});
  world.agents[{"node-a"}].refuses = true;
  world.join_agent("node-a");
  world.join_agent("node-b");
  world.join_balancer("edge");
  world.pass(12s);
  EXPECT_EQ(world.agents[{"node-b"}].workers.size(), 1u);
  EXPECT_EQ(world.view("web").ready, 1u);
  EXPECT_TRUE(world.has_notice("command not found"));
  EXPECT_FALSE(world.has_notice("ended")) << "it never began";
}

// given: the only node cannot start the command; then its agent is restarted where it can
// expect: why it stands is in the view, and the new agent is asked at once
TEST(Step, AsksARestartedAgentAgainForWhatItsPredecessorCouldNotStart) {
  World world;
  world.start({service_named("web")});
  Agent& agent = world.join_agent("node-a");
  agent.refuses = true;
  world.join_balancer("edge");
  world.pass(12s);
  EXPECT_EQ(world.view("web").no_place, "node-a cannot start it: command not found");
  agent.refuses = false;
  agent.silent = true;
  world.pass(3s);
  agent.silent = false;
  agent.session = "a2";
  world.say_hello(NodeId{"node-a"});
  world.pass(3s);
  EXPECT_EQ(world.view("web").ready, 1u);
  EXPECT_EQ(world.view("web").no_place, "");
}

// given: a coordinator that has begun anew and hears nobody, then the agent with its worker
// expect: that no node had joined is told while it is so, and not a moment longer
TEST(Step, ForgetsThatNoNodeHadJoinedOnceItsWorkerIsFound) {
  World world;
  world.start({service_named("web")});
  world.join_balancer("edge");
  world.pass(20s);
  EXPECT_EQ(world.view("web").no_place, "no node has joined");
  world.join_agent("node-a");
  world.pass(3s);
  EXPECT_EQ(world.view("web").no_place, "");
  EXPECT_TRUE(world.has_notice("a place for a worker of web was found: node node-a"));
}

// given: a worker is wanted and fits nowhere, then it is wanted no more, then again
TEST(Step, ForgetsThatThereWasNoPlaceOnceNoneIsWanted) {
  World world;
  ServiceSettings web = service_named("web");
  web.scale.min = 0;
  web.worker.needs.cpus = 100.0;
  world.start({web});
  world.join_agent("node-a");
  world.join_balancer("edge");
  world.pass(12s);
  world.happens(ScaleSet{{"web"}, 1u, {}});
  world.pass(3s);
  ASSERT_NE(world.view("web").no_place, "");
  world.happens(ScaleSet{{"web"}, 0u, {}});
  world.pass(3s);
  ASSERT_EQ(world.view("web").desired, 0u);
  EXPECT_EQ(world.view("web").no_place, "");
  EXPECT_TRUE(world.has_notice("no worker of web is missing any more"));
  world.notices.clear();
  world.happens(ScaleSet{{"web"}, 1u, {}});
  world.pass(3s);
  EXPECT_TRUE(world.has_notice("no node can take a worker of web")) << "it is news again";
}

TEST(Step, RoutesStaticUpstreamsAndSaysFarewellToOnesThatLeft) {
  World world;
  ServiceSettings service = service_named("web");
  service.worker.argv.clear();
  service.upstreams = {{"127.0.0.1", 9001}, {"127.0.0.1", 9002}};
  settle(world, service);
  const auto& table = world.balancers[{"edge"}].tables[kWeb];
  ASSERT_EQ(table.endpoints.size(), 2u);
  EXPECT_EQ(world.view("web").desired, 0u);
  world.balancers[{"edge"}].acks = false;
  service.upstreams.pop_back();
  world.reload({service});
  ASSERT_EQ(table.endpoints.size(), 2u);
  EXPECT_EQ(table.endpoints[1].state, wire::EndpointState::kGone);
}

TEST(Step, WindsUpAServiceThatLeftTheFile) {
  World world;
  world.start({service_named("web"), service_named("api")});
  world.join_agent("node-a");
  world.join_balancer("edge");
  world.pass(12s);
  ASSERT_EQ(world.running(), 2u);
  world.reload({service_named("web")});
  EXPECT_TRUE(world.balancers[{"edge"}].tables[{"api"}].removed);
  world.pass(5s);
  EXPECT_EQ(world.running(), 1u);
  EXPECT_FALSE(world.state.services.contains({"api"}));
}

TEST(Step, ReportsMaxOnceWhenItHoldsDemandBack) {
  World world;
  ServiceSettings service = service_named("web");
  service.scale.max = 2;
  settle(world, service);
  world.balancers[{"edge"}].rate[kWeb] = 400.0;
  world.pass(60s);
  EXPECT_EQ(world.view("web").desired, 2u);
  EXPECT_EQ(world.decisions.back().rule, "max");
  EXPECT_LE(world.decisions.size(), 4u);
}

}  // namespace
}  // namespace foretide::coordinator::story
