// What signals make of a service's number of workers: limits that add one at a time and keep what
// there is, and a load that gives a number. One request a worker's worth is 1/8 of a load here, so
// the load alone would have one worker in every story that does not say otherwise.
#include "coordinator/core/signals.hpp"

#include <gmock/gmock.h>

#include "coordinator/core/decide.hpp"
#include "core_world.hpp"

namespace foretide::coordinator::story {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

ServiceSettings with_signals(std::vector<Signal> signals) {
  ServiceSettings service = service_named("web");
  service.scale.signals = std::move(signals);
  service.scale.predict = ScaleSettings::Predict::kOff;  // so that nothing else speaks
  return service;
}

// 20 requests a second that take 100 ms, on workers that are warm.
void warm_up(World& world, ServiceSettings service, double rate = 20.0) {
  world.start({std::move(service)});
  world.join_agent("node-a");
  Balancer& edge = world.join_balancer("edge");
  edge.rate[{"web"}] = rate;
  edge.answer_time = 100ms;
  world.pass(65s);
  ASSERT_EQ(world.view("web").desired, 1u);
}

Balancer& edge(World& world) {
  return world.balancers.at({"edge"});
}
Agent& agent(World& world) {
  return world.agents.at({"node-a"});
}
SignalReading signal(const World& world, std::size_t number = 0) {
  return world.view("web").signals.at(number);
}
std::string said(const World& world, const std::string& rule) {
  const ServiceRecord& service = world.record("web");
  const ServiceView view = world.view("web");
  Situation at{.now = world.now, .wall = {}, .age = 1h, .ready = view.ready};
  observe(service, at);
  for (const Opinion& opinion : opinions_for(service, at)) {
    if (opinion.rule == rule) return std::to_string(opinion.workers) + ", " + opinion.reason;
  }
  return "nothing";
}
std::size_t notices(const World& world, const std::string& kind) {
  return static_cast<std::size_t>(
      std::count_if(world.notices.begin(), world.notices.end(),
                    [&](const Notice& notice) { return notice.kind == kind; }));
}

// ---- latency ----

TEST(LatencySignal, AsksForOneWorkerAtATimeWhileItIsBreached) {
  World world;
  warm_up(world, with_signals({LatencyLimit{95.0, 300ms}}));
  EXPECT_EQ(signal(world).state(), SignalReading::State::kFine);
  EXPECT_THAT(said(world, "latency_p95"), StartsWith("0, 92.3 ms of 300 ms"));
  edge(world).answer_time = 500ms;
  world.pass_until([&] { return world.view("web").desired == 2; }, 5s);
  EXPECT_EQ(world.decisions.back().rule, "latency_p95");
  EXPECT_THAT(world.decisions.back().reason,
              HasSubstr("one worker more than the 1 that are ready"));
  EXPECT_THAT(said(world, "latency_p95"), HasSubstr("; the worker that it was given is not there"));
  const Instant first = world.now;
  const Duration lead = lead_time_for(world.record("web").start_times);
  world.pass_until([&] { return world.view("web").desired == 3; }, 10s);
  EXPECT_GE(world.now - first, lead) << "not before the first one is there";
  EXPECT_LE(world.now - first, lead + 3s);
  EXPECT_EQ(notices(world, "signal"), 0u) << "as long as there may be more workers";
}

TEST(LatencySignal, WaitsForWhatItsWorkerBringsAndThenLetsItGo) {
  World world;
  warm_up(world, with_signals({LatencyLimit{95.0, 300ms}}));
  edge(world).answer_time = 500ms;
  world.pass_until([&] { return world.view("web").desired == 2; }, 5s);
  edge(world).answer_time = 100ms;
  world.pass(15s);
  EXPECT_EQ(signal(world).state(), SignalReading::State::kBreached) << "of the last half minute";
  EXPECT_EQ(world.view("web").desired, 2u) << "but not since that worker came";
  EXPECT_THAT(said(world, "latency_p95"), HasSubstr("; since it was given a worker: 92.3 ms"));
  world.pass(30s);
  EXPECT_EQ(signal(world).state(), SignalReading::State::kFine);
  EXPECT_EQ(world.view("web").desired, 1u);
}

TEST(LatencySignal, KeepsItsWorkerForTheWindowAtLeast) {
  World world;
  ServiceSettings service = with_signals({LatencyLimit{95.0, 300ms}});
  service.scale.window = 60s;
  warm_up(world, service);
  edge(world).answer_time = 500ms;
  world.pass_until([&] { return world.view("web").desired == 2; }, 5s);
  edge(world).answer_time = 100ms;
  world.pass(55s);
  EXPECT_EQ(signal(world).state(), SignalReading::State::kFine);
  EXPECT_EQ(world.view("web").desired, 2u) << "and it is fine because of that worker, perhaps";
  world.pass(10s);
  EXPECT_EQ(world.view("web").desired, 1u);
}

// Answers of 250 ms read as 252, the middle of their bucket, and those of 275 as 302.
TEST(LatencySignal, KeepsWhatThereIsWhileItIsNear) {
  World world;
  warm_up(world, with_signals({LatencyLimit{95.0, 320ms}}));
  for (const auto& [time, standing, kept] : {std::tuple{250ms, SignalReading::State::kFine, 1u},
                                             std::tuple{275ms, SignalReading::State::kNear, 2u}}) {
    edge(world).answer_time = time;
    edge(world).rate[{"web"}] = 120.0;
    world.pass(35s);
    ASSERT_EQ(world.view("web").desired, 2u) << "a load of 12";
    edge(world).rate[{"web"}] = 20.0;
    world.pass(60s);
    EXPECT_EQ(signal(world).state(), standing);
    EXPECT_EQ(world.view("web").desired, kept);
  }
  EXPECT_THAT(said(world, "latency_p95"), "0, 302 ms of 320 ms");
}

TEST(LatencySignal, SaysNothingWithoutTwentyRequests) {
  World world;
  warm_up(world, with_signals({LatencyLimit{95.0, 300ms}}), 0.5);
  edge(world).answer_time = 5s;
  world.pass(60s);
  EXPECT_EQ(world.view("web").desired, 1u);
  EXPECT_THAT(
      said(world, "latency_p95"),
      HasSubstr("0, not known: 15 requests were answered in the last 30 s, it takes at least 20"));
  edge(world).rate[{"web"}] = 1.0;
  world.pass(30s);
  EXPECT_GT(world.view("web").desired, 1u) << said(world, "latency_p95");
}

TEST(LatencySignal, IsNotKnownFromABalancerThatCountsNoDurations) {
  World world;
  warm_up(world, with_signals({LatencyLimit{95.0, 300ms}}));
  edge(world).answer_time = {};
  edge(world).traffic[{"web"}].durations = {};
  world.pass(35s);
  EXPECT_EQ(signal(world).state(), SignalReading::State::kUnknown);
  EXPECT_FALSE(signal(world).value);
  EXPECT_EQ(world.view("web").desired, 1u);
}

TEST(LatencySignal, IsNotJudgedByThoseWhoWaitedForTheFirstWorker) {
  World world;
  world.start({with_signals({LatencyLimit{95.0, 300ms}})});
  world.join_agent("node-a");
  Balancer& balancer = world.join_balancer("edge");
  balancer.rate[{"web"}] = 20.0;
  balancer.answer_time = 5s;
  world.pass(25s);
  balancer.answer_time = 100ms;
  world.pass(60s);
  for (const Decision& decision : world.decisions) EXPECT_LE(decision.to, 1u) << decision.reason;
}

TEST(LatencySignal, NeverBecomesDemand) {
  World with, without;
  ServiceSettings service = with_signals({LatencyLimit{95.0, 300ms}});
  service.scale.predict = ScaleSettings::Predict::kAuto;
  warm_up(with, service);
  service.scale.signals.clear();
  warm_up(without, service);
  for (World* world : {&with, &without}) {
    edge(*world).answer_time = 2s;
    world->pass(40s);
  }
  EXPECT_GT(with.view("web").desired, 3u);
  EXPECT_EQ(without.view("web").desired, 1u);
  const DemandSeries &one = with.record("web").series, &other = without.record("web").series;
  ASSERT_EQ(one.end(), other.end());
  for (auto second = one.first(); second < one.end(); ++second) {
    EXPECT_EQ(one.load(second), other.load(second)) << second;
  }
  EXPECT_EQ(with.view("web").forecast, without.view("web").forecast);
}

TEST(LatencySignal, TellsOnceThatMaxIsNotEnough) {
  World world;
  ServiceSettings service = with_signals({LatencyLimit{95.0, 300ms}});
  service.scale.max = 3;
  warm_up(world, service);
  edge(world).answer_time = 500ms;
  world.pass_until([&] { return world.view("web").ready == 3; }, 20s);
  EXPECT_EQ(notices(world, "signal"), 0u) << "the last of them may be enough";
  world.pass(60s);
  EXPECT_EQ(world.view("web").desired, 3u);
  EXPECT_EQ(notices(world, "signal"), 1u);
  EXPECT_TRUE(
      world.has_notice("web: latency_p95 is above its limit (503 ms of 300 ms) with as "
                       "many workers as max allows, 3"));
  edge(world).answer_time = 100ms;
  world.pass(60s);
  ASSERT_EQ(world.view("web").desired, 1u);
  edge(world).answer_time = 500ms;
  world.pass(60s);
  EXPECT_EQ(notices(world, "signal"), 2u) << "another breach is told anew";
}

// ---- cpu and memory ----

TEST(CpuSignal, AddsAWorkerAndKeepsItWhereTheOthersWouldHaveTooMuch) {
  World world;
  ServiceSettings service = with_signals({CpuLimit{0.8}});
  service.worker.needs.cpus = 0.5;
  world.start({service});
  world.join_agent("node-a").cpu_cores = 0.2;
  world.join_balancer("edge").rate[{"web"}] = 20.0;
  world.pass(45s);
  EXPECT_THAT(said(world, "cpu"), "0, 40 % of 80 %");
  agent(world).cpu_cores = 0.45;  // 90 % of what one needs
  world.pass_until([&] { return world.view("web").desired == 2; }, 40s);
  EXPECT_EQ(world.decisions.back().rule, "cpu");
  world.pass(120s);
  EXPECT_EQ(signal(world).state(), SignalReading::State::kFine) << "45 % each";
  EXPECT_EQ(world.view("web").desired, 2u) << "but 90 % for one";
  agent(world).cpu_cores = 0.38;
  world.pass(60s);
  EXPECT_EQ(world.view("web").desired, 1u) << "76 % for one";
}

TEST(CpuSignal, IsAShareOfOneCoreWhereNeedsGivesNone) {
  World world;
  world.start({with_signals({CpuLimit{0.8}})});
  world.join_agent("node-a").cpu_cores = 0.5;
  world.join_balancer("edge").rate[{"web"}] = 20.0;
  world.pass(45s);
  EXPECT_THAT(said(world, "cpu"), "0, 50 % of 80 %");
}

TEST(CpuSignal, LeavesOutWhatWorkersUseToWarmUp) {
  World world;
  world.start({with_signals({CpuLimit{0.8}})});
  world.join_agent("node-a").cpu_cores = 4.0;
  world.join_balancer("edge").rate[{"web"}] = 20.0;
  world.pass(30s);
  EXPECT_EQ(signal(world).state(), SignalReading::State::kUnknown);
  agent(world).cpu_cores = 0.2;
  world.pass(60s);
  for (const Decision& decision : world.decisions) EXPECT_LE(decision.to, 1u) << decision.reason;
  EXPECT_EQ(signal(world).state(), SignalReading::State::kFine);
}

TEST(CpuSignal, LetsAServiceSleepWhoseWorkersAreBusyWithThemselves) {
  World world;
  ServiceSettings service = sleepy();
  service.scale.signals = {CpuLimit{0.8}};
  service.scale.idle = 50s;
  service.scale.max = 1;
  world.start({service});
  world.join_agent("node-a").cpu_cores = 0.9;
  Balancer& balancer = world.join_balancer("edge");
  balancer.rate[{"web"}] = 20.0;
  world.pass(45s);
  EXPECT_GT(world.view("web").desired, 0u);
  balancer.rate[{"web"}] = 0.0;
  world.pass(70s);
  EXPECT_EQ(world.view("web").desired, 0u);
}

// A record by hand: so many ready workers, of which so many have samples.
ServiceRecord record_of(std::uint32_t ready, std::uint32_t sampled, Instant now) {
  ServiceRecord service;
  service.id = {"web"};
  service.settings = with_signals({CpuLimit{0.8}});
  for (std::uint32_t i = 0; i < ready; ++i) {
    WorkerRecord& worker = service.workers[{"w" + std::to_string(i)}];
    worker.report = wire::WorkerReport{.phase = wire::WorkerPhase::kReady, .phase_age_ms = 60'000};
    if (i < sampled) worker.usage.add(now - 1s, {.id = {}, .cpu_cores = 0.9});
  }
  return service;
}

TEST(CpuSignal, NeedsSamplesOfHalfOfTheReadyWorkers) {
  const Instant now(100s);
  const auto read = [&](std::uint32_t ready, std::uint32_t sampled) {
    return signal_readings(record_of(ready, sampled, now), ready, now)[0];
  };
  EXPECT_EQ(read(4, 2).value, 0.9);
  EXPECT_EQ(
      read(5, 2).words,
      "not known: 2 of 5 ready workers have reported it in the last 30 s, at least half must: 3");
  EXPECT_EQ(
      read(3, 1).words,
      "not known: 1 of 3 ready workers has reported it in the last 30 s, at least half must: 2");
  EXPECT_EQ(read(1, 0).words,
            "not known: the only ready worker has not reported it in the last 30 s");
  EXPECT_EQ(read(0, 0).words, "not known: no worker is ready");
  EXPECT_EQ(read(1, 0).state(), SignalReading::State::kUnknown);
  EXPECT_EQ(read(0, 0).state(), SignalReading::State::kUnknown);
  const auto old = signal_readings(record_of(2, 2, now - 31s), 2, now)[0];
  EXPECT_EQ(old.state(), SignalReading::State::kUnknown) << "samples of before the last 30 s";
}

TEST(LatencySignal, IsNotKnownWhileAllWorkersAreNew) {
  const Instant now(100s);
  ServiceRecord service = record_of(2, 0, now);
  service.settings->scale.signals = {LatencyLimit{95.0, 300ms}};
  DurationCounts slow;
  for (int i = 0; i < 50; ++i) slow.add(5s);
  service.signals.durations.add(now - 1s, slow);
  EXPECT_EQ(signal_readings(service, 2, now)[0].state(), SignalReading::State::kBreached);
  for (auto& [id, worker] : service.workers) worker.report->phase_age_ms = 29'000;
  EXPECT_EQ(signal_readings(service, 2, now)[0].words,
            "not known: no worker has been ready for 30 s");
}

TEST(CpuSignal, NeitherKeepsNorAddsWhenItIsNotKnown) {
  World world;
  ServiceSettings service = with_signals({CpuLimit{0.8}});
  service.scale.max = 2;
  warm_up(world, service);
  edge(world).rate[{"web"}] = 160.0;
  agent(world).cpu_cores = 1.7;
  world.pass(40s);
  ASSERT_EQ(signal(world).state(), SignalReading::State::kBreached);
  agent(world).cpu_cores = {};
  world.pass(35s);
  EXPECT_EQ(signal(world).state(), SignalReading::State::kUnknown);
  edge(world).rate[{"web"}] = 20.0;
  world.pass(30s);
  EXPECT_EQ(world.view("web").desired, 1u);
}

TEST(MemorySignal, IsAShareOfWhatIsNeeded) {
  World world;
  ServiceSettings service = with_signals({MemoryLimit{0.9}});
  service.worker.needs.memory_bytes = 1u << 30;
  service.scale.max = 2;
  world.start({service});
  world.agents[{"node-a"}].hello.memory_bytes = std::uint64_t{8} << 30;
  Agent& node = world.join_agent("node-a");
  node.cpu_cores = 0.1;
  node.resident_bytes = 1u << 29;
  world.join_balancer("edge").rate[{"web"}] = 20.0;
  world.pass(45s);
  EXPECT_THAT(said(world, "memory"), "0, 50 % of 90 %");
  node.resident_bytes = (1u << 30) / 20u * 19u;
  world.pass(60s);
  EXPECT_EQ(world.view("web").desired, 2u);
  EXPECT_THAT(signal(world).words, StartsWith("95 % of 90 %"));
  EXPECT_TRUE(world.has_notice("web: memory is above its limit (9"));
}

// ---- requests a second ----

TEST(RequestsSignal, GivesANumberOfWorkers) {
  World world;
  world.start({with_signals({RequestRate{50.0}})});
  world.join_agent("node-a");
  Balancer& balancer = world.join_balancer("edge");
  balancer.service_seconds = 0.01;
  balancer.rate[{"web"}] = 271.0;
  world.pass(15s);
  EXPECT_EQ(world.view("web").desired, 6u);
  EXPECT_THAT(said(world, "requests"), StartsWith("6, 27"));
  EXPECT_THAT(said(world, "requests"), HasSubstr("requests a second need 6 workers of 50"));
  EXPECT_NEAR(*signal(world).value, 271.0 / 6, 2.0) << "for each ready worker";
  balancer.rate[{"web"}] = 40.0;
  world.pass(5s);
  EXPECT_EQ(world.view("web").desired, 6u) << "as the largest of down.window holds";
  world.pass(15s);
  EXPECT_EQ(world.view("web").desired, 1u);
}

TEST(RequestsSignal, IsOneOpinionBesidesTheLoadsAndTheLargestWins) {
  World world;
  world.start({with_signals({RequestRate{50.0}})});
  world.join_agent("node-a");
  Balancer& balancer = world.join_balancer("edge");
  balancer.rate[{"web"}] = 100.0;  // a load of 50: seven workers of 8, where the rate needs two
  balancer.service_seconds = 0.5;
  world.pass(20s);
  EXPECT_EQ(world.view("web").desired, 7u);
  EXPECT_THAT(said(world, "requests"), StartsWith("2, 100.0"));
}

TEST(RequestsSignal, KeepsItsWorkersForAWindowThoughWhatItSawIsNoLongerSeen) {
  ServiceStanding service;
  service.settings = with_signals({RequestRate{50.0}});
  Situation at{.now = Instant(100s)};
  at.signals = {
      {.kind = SignalSeen::Kind::kLoad, .now = {}, .since_rise = {}, .largest = 10.0, .word = {}}};
  at.signals[0].now.name = "requests";
  const auto floors = [&](Duration since, std::uint32_t from = 4) {
    std::vector<Opinion> found;
    service.rises["requests"] = {at.now - since, 6};
    hold_for_signals(service, at, from, found);
    return found;
  };
  EXPECT_TRUE(floors(service.settings->scale.window).empty());
  ASSERT_EQ(floors(1s).size(), 1u);
  EXPECT_EQ(floors(1s)[0].workers, 4u);
  EXPECT_EQ(floors(1s, 14)[0].workers, 6u) << "what others added on top may go";
}

// 271 requests a second give it six of five; a load of 100 brings 13 in all, and passes.
TEST(RequestsSignal, KeepsNotWhatOthersAddedWithinItsWindow) {
  ServiceStanding service;
  service.settings = with_signals({RequestRate{50.0}});
  service.settings->scale.max = 30;
  service.settings->scale.window = 30min;
  service.desired = 5;
  Situation at{.now = Instant(100'000s), .age = 100'000s, .ready = 5, .balancers_known = true};
  at.signals = {
      {.kind = SignalSeen::Kind::kLoad, .now = {}, .since_rise = {}, .largest = 271.0, .word = {}}};
  at.signals[0].now = {.name = "requests", .value = {}, .limit = 50.0, .missing = {}, .words = {}};
  const auto decide_at = [&](double load) {
    at.demand = {.load = load, .latest = load, .largest = load, .known_seconds = 1800.0};
    at.last_request = at.now;
    const Decision decision = decision_for(service, at);
    note_rises(service, at, decision);
    take_effect(service, decision, at.now);
    at.ready = decision.to;
    return decision.to;
  };
  EXPECT_EQ(decide_at(30.0), 6u);
  EXPECT_EQ(service.rises.at("requests"), (SignalRise{at.now, 6}));
  at.now += 10s;
  EXPECT_EQ(decide_at(100.0), 13u);
  service.panic_until.reset();
  at.now += 120s;
  EXPECT_EQ(decide_at(30.0), 6u);
  at.signals[0].largest = 10.0;
  EXPECT_EQ(decide_at(30.0), 6u) << "though the rate that brought them is no longer seen";
  at.now += 28min;
  EXPECT_EQ(decide_at(20.0), 3u);
}

// ---- in a decision ----

TEST(Signals, AreHeldBackAsAnyRiseAndByACountByHand) {
  World world;
  ServiceSettings service = with_signals({LatencyLimit{95.0, 300ms}});
  service.scale.up_cooldown = 20s;
  warm_up(world, service);
  edge(world).answer_time = 500ms;
  world.pass_until([&] { return world.view("web").desired == 2; }, 5s);
  world.pass(18s);
  EXPECT_EQ(world.view("web").desired, 2u) << "by up.cooldown";
  world.pass(5s);
  EXPECT_EQ(world.view("web").desired, 3u);
  world.happens(ScaleSet{{"web"}, 1, {}});
  world.pass(5s);
  EXPECT_EQ(world.view("web").desired, 1u);
}

TEST(Signals, ThatAreNoLongerAskedForAreForgotten) {
  World world;
  warm_up(world, with_signals({RequestRate{50.0}}));
  edge(world).rate[{"web"}] = 271.0;
  world.pass(15s);
  EXPECT_EQ(world.record("web").rises.count("requests"), 1u);
  world.reload({with_signals({LatencyLimit{95.0, 300ms}})});
  edge(world).answer_time = 500ms;
  world.pass(60s);
  EXPECT_EQ(world.record("web").rises.count("latency_p95"), 1u);
  EXPECT_EQ(world.record("web").rises.size(), 1u);
  EXPECT_EQ(world.record("web").signals.traces.count("latency_p95"), 1u);
  world.reload({with_signals({RequestRate{50.0}})});
  world.pass(2s);
  EXPECT_TRUE(world.record("web").signals.traces.empty());
}

TEST(Signals, CountOnlyReadyWorkersSoThatOneThatDoesNotComeUpBringsNoOther) {
  World world;
  ServiceSettings service = with_signals({LatencyLimit{95.0, 300ms}});
  warm_up(world, service);
  agent(world).start_time = 600s;
  edge(world).answer_time = 500ms;
  world.pass(120s);
  EXPECT_EQ(world.view("web").desired, 2u);
  service.scale.max = 2;
  world.reload({service});
  world.pass(10s);
  EXPECT_EQ(notices(world, "signal"), 0u) << "as there are not that many yet";
}

}  // namespace
}  // namespace foretide::coordinator::story
