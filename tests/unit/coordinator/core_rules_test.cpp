// The rules of a decision one by one: what each says, what holds the others back, and where workers
// go.
#include <gmock/gmock.h>

#include <cstdio>
#include <ctime>

#include "coordinator/core/decide.hpp"
#include "coordinator/core/desired.hpp"
#include "coordinator/core/limits.hpp"
#include "coordinator/core/placement.hpp"
#include "core_world.hpp"

namespace foretide::coordinator::story {
namespace {

using testing::Contains;
using testing::Field;

constexpr Instant kBegin(1000s);

// A service that has been watched for `seconds` at a steady load, with `desired` workers.
struct Case {
  ServiceRecord service;
  Situation at;

  Case(double load, std::uint32_t desired, int seconds = 60) {
    service.id = {"web"};
    service.settings = service_named("web");
    service.desired = desired;
    at = {.now = kBegin, .age = 1h, .ready = desired, .balancers_known = true};
    for (int i = 0; i < seconds; ++i) second(load);
  }
  void second(double load) {
    const Instant from = at.now;
    at.now += 1s;
    service.service_time.add({.seconds = 1, .busy_seconds = load + 1e-6, .completed = load + 1e-6});
    service.series.add(from, at.now, load);
    service.recent.add({"edge"}, from, at.now, load, load);
    service.series.close(at.now, 1, 1.0);
    if (load > 0) service.last_request = at.now;
  }
  void hold(std::uint32_t count) {
    service.traffic[{"edge"}].counts.held = count;
    service.last_request = at.now;
  }
  const Situation& now() {
    observe(service, at);
    return at;
  }
  Decision decision() { return decision_for(service, now()); }
};

auto Says(const std::string& rule, std::uint32_t workers) {
  return Contains(testing::AllOf(Field(&Opinion::rule, rule), Field(&Opinion::workers, workers)));
}

// load 20, capacity 8, 1 worker         -> 3
// load 20 falling to 1, window 10 s     -> 3 for 10 s more
TEST(Stable, KeepsTheLargestLoadOfTheWindowServed) {
  Case c(20.0, 3);
  EXPECT_EQ(stable_for(c.service, c.now()).workers, 3u);
  for (int i = 0; i < 9; ++i) c.second(1.0);
  EXPECT_EQ(stable_for(c.service, c.now()).workers, 3u);
  for (int i = 0; i < 3; ++i) c.second(1.0);
  EXPECT_EQ(stable_for(c.service, c.now()).workers, 1u);
}

TEST(Panic, SeesAStepWithinASecond) {
  Case c(1.0, 1);
  EXPECT_EQ(panic_for(c.service, c.now()).workers, 1u);
  c.second(10.0);
  EXPECT_EQ(panic_for(c.service, c.now()).workers, 2u);
}

TEST(Panic, DoesNotTakeTwoLongRequestsForALoadOfThirty) {
  Case c(0.0, 1);
  c.service.service_time.add({.seconds = 60, .busy_seconds = 60, .completed = 2});
  c.service.recent.add({"edge"}, c.at.now, c.at.now + 1s, 2, 1.0);
  c.at.now += 1s;
  EXPECT_EQ(panic_for(c.service, c.now()).workers, 1u);
}

// Two balancers of 8 each report twice a second, the second 0.4 s after the first       -> 16
// the second falls silent and the first has all 16: for a while 24, after 3 s          -> 16
TEST(RecentLoad, EndsEachBalancersShareAtItsOwnLastReport) {
  RecentLoad load;
  Instant at = kBegin;
  for (int i = 0; i < 20; ++i, at += 500ms) {
    load.add({"one"}, at - 500ms, at, 80.0, 4.0);
    load.add({"two"}, at - 100ms, at + 400ms, 80.0, 4.0);
  }
  for (const Duration window : {1s, 2s}) {
    EXPECT_NEAR(load.over(window, at - 100ms).in_flight, 16.0, 1e-9) << seconds_in(window);
    EXPECT_NEAR(load.over(window, at).arrivals_per_second, 320.0, 1e-9) << seconds_in(window);
  }
  for (int i = 0; i < 7; ++i, at += 500ms) load.add({"one"}, at - 500ms, at, 160.0, 8.0);
  EXPECT_NEAR(load.over(2s, at).in_flight, 16.0, 1e-9) << "who is silent fades";
  EXPECT_NEAR(load.over(2s, at + 10s).in_flight, 0.0, 1e-9);
}

// held 100 of 1 s each, lead time 3 s: 33 more load for now -> ceil((4 + 33.3) / 8) = 5
TEST(Backlog, AddsTheWorkThatWaitsSpreadOverTheLeadTime) {
  Case c(4.0, 1);
  c.hold(100);
  EXPECT_EQ(backlog_for(c.now()).workers, 5u);
}

// Once they were served, nothing tells of requests that waited.
TEST(Backlog, KeepsItsWorkersForAWindow) {
  Case c(4.0, 1);
  c.hold(100);
  const Decision more = c.decision();
  ASSERT_EQ(more.to, 5u);
  ASSERT_EQ(more.rule, "backlog");
  take_effect(c.service, more, c.at.now);
  c.at.ready = 5;
  c.hold(0);
  c.second(4.0);
  EXPECT_EQ(c.decision().to, 5u);
  for (int i = 0; i < 10; ++i) c.second(4.0);
  EXPECT_LT(c.decision().to, 5u);
}

TEST(Backlog, AsksForOneWhileNothingIsKnownOfServiceTimes) {
  Case c(0.0, 0, 0);
  c.hold(500);
  EXPECT_EQ(backlog_for(c.now()).workers, 1u);
}

// load 20 for long, then 12: two of 8 carry it (12 <= 16) but not at nine tenths of 8 (14.4 < 16 is
// fine) load 15: two would have 7.5 each, above 7.2 -> stays at 3
TEST(Limits, LetsGoOnlyWhenTheSurvivorsCanCarryIt) {
  Case carries(14.0, 3);
  EXPECT_EQ(carries.decision().to, 2u);
  Case does_not(15.0, 3);
  EXPECT_EQ(does_not.decision().to, 3u);
  EXPECT_EQ(does_not.decision().rule, "survivors");
}

TEST(Limits, NeverShrinksInPanic) {
  Case c(1.0, 3);
  c.service.panic_until = c.at.now + 1s;
  EXPECT_EQ(c.decision().to, 3u);
  EXPECT_EQ(c.decision().rule, "panic");
  c.service.panic_until = c.at.now;
  EXPECT_EQ(c.decision().to, 1u);
}

TEST(Limits, DoesNotShrinkBeforeAWholeWindowWasWatched) {
  Case c(1.0, 3, 8);
  EXPECT_EQ(c.decision().to, 3u);
  EXPECT_EQ(c.decision().rule, "window");
}

TEST(Limits, HoldsWithoutData) {
  Case c(1.0, 3);
  c.at.now += 6s;
  EXPECT_EQ(c.decision().to, 3u);
  EXPECT_EQ(c.decision().rule, "hold");
}

// watched for a minute at 20, unheard for 20 s, then a second or nine of almost nothing
TEST(Limits, DoesNotShrinkOnOneSecondAfterABlackout) {
  Case c(20.0, 3);
  c.at.now += 20s;
  c.second(0.1);
  EXPECT_EQ(c.decision().to, 3u) << "one second is no window";
  for (int i = 0; i < 3; ++i) c.second(0.1);
  EXPECT_EQ(c.decision().rule, "window");
  for (int i = 0; i < 6; ++i) c.second(0.1);
  EXPECT_EQ(c.decision().to, 1u);
}

// 16 in flight, last reported 1.9 s ago: still 16, not what the rest of the window adds up to
TEST(Limits, TakesTimeThatNobodyReportedForUnknownAndNotForZero) {
  Case c(16.0, 3);
  c.at.now += 1900ms;
  EXPECT_NEAR(demand_now(c.service, c.at.now).load, 16.0, 0.01);
  EXPECT_EQ(c.decision().to, 3u);
}

// no load for a window, but 20 long requests are still in service
TEST(Limits, LeavesEnoughForWhatIsInServiceNow) {
  Case c(0.1, 3);
  c.service.traffic[{"edge"}].counts.in_flight = 20;
  EXPECT_EQ(c.decision().to, 3u);
  EXPECT_EQ(c.decision().rule, "survivors");
}

TEST(Limits, CountsStepsAndWaitsOutCooldowns) {
  Case c(1.0, 6);
  c.service.settings->scale.down_max_step = 2;
  EXPECT_EQ(c.decision().to, 4u);
  EXPECT_EQ(c.decision().rule, "max_step");
  c.service.last_down = c.at.now - 500ms;
  EXPECT_EQ(c.decision().to, 6u) << "once a second";
  c.service.settings->scale.down_cooldown = 30s;
  c.service.last_down = c.at.now - 10s;
  EXPECT_EQ(c.decision().to, 6u);
  EXPECT_EQ(c.decision().rule, "cooldown");
  Case up(60.0, 2);
  up.service.settings->scale.up_max_step = 3;
  EXPECT_EQ(up.decision().to, 5u);
  up.service.last_up = up.at.now - 500ms;
  EXPECT_EQ(up.decision().to, 2u);
  up.service.settings->scale.up_cooldown = 30s;
  up.service.last_up = up.at.now - 10s;
  EXPECT_EQ(up.decision().to, 2u);
}

TEST(Limits, BoundsByMaxAndMin) {
  Case high(200.0, 5);
  EXPECT_EQ(high.decision().to, 10u);
  EXPECT_EQ(high.decision().rule, "max");
  Case low(0.0, 4);
  low.service.settings->scale.min = 2;
  EXPECT_EQ(low.decision().to, 2u);
  EXPECT_EQ(low.decision().rule, "min");
  low.service.manual = ManualCount{.count = 12, .until = {}};
  EXPECT_EQ(low.decision().to, 10u) << "by hand as well";
  EXPECT_EQ(low.decision().rule, "max");
}

TEST(Limits, ChangesNothingWhilePausedButByHand) {
  Case c(60.0, 3);
  c.service.paused = Pause{};
  EXPECT_EQ(c.decision().to, 3u);
  EXPECT_EQ(c.decision().rule, "paused");
  c.service.manual = ManualCount{.count = 5, .until = {}};
  EXPECT_EQ(c.decision().to, 5u);
}

// load 1 for three workers -> they stay; load 60 -> 8 as ever
TEST(Limits, OnlyAddsWhilePausedDownwards) {
  Case low(1.0, 3);
  low.service.paused = Pause{.direction = PauseDirection::kDown, .until = {}};
  EXPECT_EQ(low.decision().to, 3u);
  EXPECT_EQ(low.decision().rule, "paused");
  Case high(60.0, 3);
  high.service.paused = low.service.paused;
  EXPECT_EQ(high.decision().to, 8u);
  low.service.manual = ManualCount{.count = 2, .until = {}};
  EXPECT_EQ(low.decision().to, 2u) << "by hand it may shrink";
}

TEST(Limits, DoesNotPutAServiceToSleepWhilePausedDownwards) {
  Case c(0.0, 2);
  c.service.settings->scale.min = 0;
  ASSERT_EQ(c.decision().to, 0u);
  c.service.paused = Pause{.direction = PauseDirection::kDown, .until = {}};
  EXPECT_EQ(c.decision().to, 2u);
}

// 3 -> 4 -> 3 -> 4 -> 3 -> 4, a minute apart: four turns of one worker in five minutes
void flap(Case& c, std::uint32_t low, std::uint32_t high, Duration apart) {
  for (int i = 0; i < 5; ++i) {
    c.at.now += apart;
    c.service.reversals.changed(i % 2 ? high : low, i % 2 ? low : high, c.at.now);
  }
  for (int i = 0; i < 12; ++i) c.second(20.0);
}

TEST(Flapping, HoldsFallsBackAndNeverRises) {
  Case c(20.0, 4);
  ASSERT_EQ(c.decision().to, 3u);
  flap(c, 3, 4, 30s);
  EXPECT_EQ(c.decision().to, 4u);
  EXPECT_EQ(c.decision().rule, "flapping");
  EXPECT_THAT(c.decision().reason, testing::HasSubstr("4 times within 300 s"));
  for (int i = 0; i < 3; ++i) c.second(60.0);
  EXPECT_EQ(c.decision().to, 8u);
}

TEST(Flapping, EndsWhenTheOldestTurnHasLeftTheWindow) {
  Case c(20.0, 4);
  flap(c, 3, 4, 30s);
  const auto wait = c.service.reversals.wait(5min, c.at.now);
  ASSERT_TRUE(wait);
  EXPECT_EQ(*wait, 5min - 90s - 12s);
  for (auto i = 0s; i < *wait; i += 1s) c.second(20.0);
  EXPECT_EQ(c.decision().to, 3u);
}

TEST(Flapping, LetsThreeTurnsInFiveMinutesPass) {
  Case c(20.0, 4);
  flap(c, 3, 4, 110s);
  EXPECT_EQ(c.decision().to, 3u);
}

// two to ten and back, again and again: that is demand
TEST(Flapping, DoesNotMindWavesOfManyWorkers) {
  Case c(20.0, 4);
  flap(c, 2, 10, 30s);
  EXPECT_EQ(c.decision().to, 3u);
}

TEST(Flapping, LetsAServiceSleep) {
  Case c(0.0, 1);
  c.service.settings->scale.min = 0;
  c.service.last_request.reset();
  flap(c, 1, 2, 1s);
  Case idle(0.0, 1);
  idle.service.settings->scale.min = 0;
  idle.service.reversals = c.service.reversals;
  EXPECT_EQ(idle.decision().to, 0u);
}

TEST(Flapping, DoesNotCountSleepingAndWaking) {
  Reversals reversals;
  for (std::uint32_t i = 0; i < 10; ++i) reversals.changed(i % 2, 1 - i % 2, kBegin);
  EXPECT_FALSE(reversals.wait(5min, kBegin));
}

TEST(Flapping, LooksAtTenLeadTimes) {
  EXPECT_EQ(Reversals::window_for(3s), 5min);
  EXPECT_EQ(Reversals::window_for(60s), 10min);
  EXPECT_EQ(Reversals::window_for(10min), 15min);
}

TEST(Decision, CarriesEveryRulesWord) {
  Case c(20.0, 1);
  const Decision decision = c.decision();
  EXPECT_EQ(decision.to, 3u);
  EXPECT_EQ(decision.rule, "stable");
  EXPECT_THAT(decision.opinions, Says("stable", 3));
  EXPECT_THAT(decision.opinions, Says("panic", 3));
  for (const char* rule : {"idle", "wake", "backlog", "predicted", "asked"}) {
    EXPECT_THAT(decision.opinions, Says(rule, 0));
  }
  EXPECT_THAT(decision.reason, testing::HasSubstr("20.00"));
}

TEST(Capacity, IsNeverAboveTheHardOne) {
  ServiceSettings service = service_named("web");
  EXPECT_DOUBLE_EQ(capacity_for(service), 8.0);
  service.capacity_hard = 1;
  EXPECT_DOUBLE_EQ(capacity_for(service), 1.0);
}

// ---- placement ----

struct Hosts {
  State state;
  ServiceRecord& service;
  Instant now = kBegin;

  Hosts() : service(state.services[{"web"}]) {
    service.id = {"web"};
    service.settings = service_named("web");
    service.release = release_for(service.settings->worker);
    service.specs[service.release] = service.settings->worker;
  }
  NodeRecord& host(const std::string& name, double cpus = 4.0, std::uint64_t memory = 8u << 20) {
    NodeRecord& node = state.nodes[{name}];
    node = {.id = {name}, .session = "s", .heard_at = now, .merged = true};
    node.cpus = cpus;
    node.memory_bytes = memory;
    return node;
  }
  void needs(double cpus, std::uint64_t memory) {
    service.settings->worker.needs = {cpus, memory};
    service.specs[service.release].needs = {cpus, memory};
  }
  void worker(const std::string& node) {
    const WorkerId id{"web-1-" + std::to_string(service.workers.size())};
    service.workers[id] = {
        .id = id, .service = service.id, .release = service.release, .node = {node}};
    state.service_of[id] = service.id;
    state.nodes.at({node}).workers.insert(id);
  }
  std::string place() const {
    const auto place = placement_for(state, loads_of(state), service, now);
    const auto* node = std::get_if<NodeId>(&place);
    return node ? node->text : "none: " + std::get<NoPlace>(place).reason;
  }
};

TEST(Placement, SpreadsOverNodes) {
  Hosts hosts;
  hosts.host("a", 16.0);
  hosts.host("b", 2.0);
  EXPECT_EQ(hosts.place(), "a") << "more of it is free";
  hosts.worker("a");
  EXPECT_EQ(hosts.place(), "b") << "a host that dies should take few along";
  hosts.worker("b");
  EXPECT_EQ(hosts.place(), "a");
}

TEST(Placement, AvoidsTheBusyHost) {
  Hosts hosts;
  hosts.host("a").sample = wire::HostSample{.cpu_usage = 0.9};
  hosts.host("b").sample = wire::HostSample{.cpu_usage = 0.1};
  EXPECT_EQ(hosts.place(), "b");
}

TEST(Placement, FitsNeedsAndSaysWhyNot) {
  Hosts hosts;
  hosts.host("a", 2.0, 1000);
  hosts.needs(1.5, 600);
  EXPECT_EQ(hosts.place(), "a");
  hosts.worker("a");
  EXPECT_EQ(hosts.place(), "none: a has 0.5 of 2 cores free");
  hosts.needs(0.5, 600);
  EXPECT_EQ(hosts.place(), "none: a has too little memory free");
  hosts.state.nodes.clear();
  EXPECT_EQ(hosts.place(), "none: no node has joined");
}

// a is much freer, but the last start there failed; b has the last room
TEST(Placement, PrefersNodesWhereTheLastStartDidNotFail) {
  Hosts hosts;
  hosts.host("a", 16.0);
  hosts.host("b", 2.0);
  hosts.needs(1.0, 0);
  hosts.worker("b");
  hosts.service.breaker.failed({.worker = {}, .node = {"a"}, .reason = {}, .output = {}},
                               hosts.now);
  EXPECT_EQ(hosts.place(), "b");
  hosts.worker("b");
  EXPECT_EQ(hosts.place(), "a") << "better there than nowhere";
  hosts.now += SpawnBreaker::kRemembered + 1s;
  hosts.host("a", 16.0);
  hosts.host("c", 2.0);
  EXPECT_EQ(hosts.place(), "a") << "that was long ago";
}

TEST(Placement, PutsNoMoreOnANodeThanItsSetCanCarry) {
  Hosts hosts;
  hosts.host("a");
  for (std::uint32_t i = 0; i < kNodeWorkersMax; ++i) hosts.worker("a");
  EXPECT_EQ(hosts.place(), "none: a is full: it has 500 workers");
  hosts.host("b");
  EXPECT_EQ(hosts.place(), "b");
}

TEST(Placement, PassesOverANodeThatIsBeingDrained) {
  Hosts hosts;
  hosts.host("a").draining = true;
  EXPECT_EQ(hosts.place(), "none: a is being drained");
}

TEST(Placement, BelievesTheSampleOverThePromise) {
  Hosts hosts;
  hosts.host("a", 2.0, 1000).sample = wire::HostSample{.memory_available_bytes = 100};
  hosts.needs(0.0, 600);
  EXPECT_EQ(hosts.place(), "none: a has too little memory free");
}

TEST(Placement, PassesOverSilentJoiningAndRefusingNodes) {
  Hosts hosts;
  hosts.host("a").heard_at = kBegin - 5s;
  EXPECT_EQ(hosts.place(), "none: a is silent");
  hosts.host("a").merged = false;
  EXPECT_EQ(hosts.place(), "none: a has not reported yet");
  hosts.host("a");
  hosts.service.refusals[{"a"}] = {hosts.service.release, kBegin + 60s, "command not found"};
  EXPECT_EQ(hosts.place(), "none: a cannot start it: command not found");
  hosts.now += 60s;
  hosts.state.nodes.at({"a"}).heard_at = hosts.now;
  EXPECT_EQ(hosts.place(), "a") << "it may have been put there meanwhile";
  hosts.now = kBegin;
  hosts.service.release = {"another"};
  EXPECT_EQ(hosts.place(), "a") << "another command may be found";
}

// Not a verdict, a figure: one tick of a hundred services with twenty workers each.
TEST(Tick, PrintsWhatItCosts) {
  World world;
  std::vector<ServiceSettings> services;
  for (int i = 0; i < 100; ++i) {
    ServiceSettings service = service_named("s" + std::to_string(i));
    service.scale.min = service.scale.max = 20;
    services.push_back(service);
  }
  world.start(services);
  for (int i = 0; i < 40; ++i) world.join_agent("n" + std::to_string(i));
  world.join_balancer("edge");
  for (const auto& service : services) world.balancers[{"edge"}].rate[service.id] = 100.0;
  world.pass(15s);
  const std::clock_t began = std::clock();
  constexpr int kTicks = 40;
  for (int i = 0; i < kTicks; ++i) {
    world.now += 250ms;
    world.happens(Tick{});
  }
  const double seconds = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
  std::printf("a tick of 100 services with 20 workers each: %.0f us\n", 1e6 * seconds / kTicks);
  EXPECT_EQ(world.running(), 2000u);
}

}  // namespace
}  // namespace foretide::coordinator::story
