// How a running service comes to know what its workers are worth. The world's own balancer says
// nothing here; the reports of one whose workers obey a known law are told in its place.
#include "coordinator/core/capacity.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <functional>

#include "coordinator/io/capacity_json.hpp"
#include "core_world.hpp"

namespace foretide::coordinator::story {
namespace {

using testing::HasSubstr;

ServiceSettings without_capacity() {
  ServiceSettings service = service_named("web");
  service.capacity_soft.reset();
  service.scale.min = 2;
  service.scale.max = 2;
  service.scale.predict = ScaleSettings::Predict::kOff;
  return service;
}

ServiceSettings with_capacity(double capacity) {
  ServiceSettings service = without_capacity();
  service.capacity_soft = capacity;
  return service;
}

struct Learning {
  World world;
  std::function<double(double load)> seconds;  // of a request at a worker with that load
  double kept_at = 1e9;                        // the balancer gives a worker no more
  std::string session = "c1";
  wire::ServiceTraffic counts{.service = {"web"}};
  std::map<WorkerId, double> ended;  // requests, with their fractions

  explicit Learning(ServiceSettings service, double cpus = 4.0) {
    world.start({std::move(service)});
    world.join_agent("node-a");
    world.agents.at({"node-a"}).hello.cpus = cpus;
    world.say_hello(NodeId{"node-a"});
    world.join_balancer("edge").silent = true;
    world.pass(2s);
    tell_hello();
  }
  void tell_hello() {
    world.happens(BalancerHello{{"other"}, session, {.role = wire::Role::kBalancer}});
  }

  // Half a second in which each worker has that load.
  void serve(double load) {
    const double shown = std::min(load, kept_at);
    world.pass(500ms);
    counts.endpoints.clear();
    for (const auto& [id, worker] : world.record("web").workers) {
      if (!worker.is_ready()) continue;
      ended[id] += shown * 0.5 / seconds(shown);
      wire::EndpointTraffic use{.id = id, .in_flight = static_cast<std::uint32_t>(shown)};
      use.completed_total = static_cast<std::uint64_t>(ended[id]);
      use.busy_seconds_total = busy[id] += shown * 0.5;
      counts.endpoints.push_back(use);
    }
    counts.held = load > kept_at ? 5 : 0;
    arrived += 10.0 * load * static_cast<double>(counts.endpoints.size());
    counts.arrivals_total = static_cast<std::uint64_t>(arrived);
    const auto at_ms = static_cast<std::uint64_t>(world.now.time_since_epoch() / 1ms);
    world.happens(TrafficReported{{"other"}, session, {.at_ms = at_ms, .services = {counts}}});
  }
  // Demand that swings between two loads every five minutes.
  void swing(double low, double high, Duration lasts) {
    const Instant until = world.now + lasts;
    while (world.now < until) {
      const double phase = std::sin(seconds_in(world.now.time_since_epoch()) / 300 * 6.283);
      serve(low * std::pow(high / low, 0.5 + 0.5 * phase));
    }
  }
  double in_use() const { return world.view("web").capacity_per_worker; }
  CapacityKindView kind() const { return world.view("web").capacity->kinds.at(0); }

  std::map<WorkerId, double> busy;
  double arrived = 0.0;  // requests, with their fraction
};

std::function<double(double)> serves_at_once(double places) {
  return [places](double load) { return 0.05 * std::max(1.0, load / places); };
}

// Each serves three at once, and demand goes far beyond.
void find_three(Learning& it) {
  it.seconds = serves_at_once(3.0);
  it.swing(0.7, 9.0, 20min);
}

TEST(Capacity, IsLearnedWhereTheClusterFileGivesNone) {
  Learning it(without_capacity());
  it.seconds = serves_at_once(3.0);
  EXPECT_EQ(it.in_use(), 8.0);
  EXPECT_THAT(it.world.view("web").capacity->text, HasSubstr("none was learned yet"));
  it.swing(0.7, 9.0, 20min);
  EXPECT_EQ(it.kind().confidence, "good");
  EXPECT_EQ(it.kind().cpus, 4.0);
  EXPECT_NEAR(it.kind().knee.value_or(0.0), 3.0, 0.4);
  EXPECT_NEAR(it.in_use(), 2.4, 0.35);
  EXPECT_THAT(it.world.view("web").capacity->text, HasSubstr("on 4 CPUs about"));
}

TEST(Capacity, MovesInSmallStepsAndThenStays) {
  Learning it(without_capacity());
  it.seconds = serves_at_once(3.0);
  double before = it.in_use();
  int moves = 0, moves_late = 0;
  for (int second = 0; second < 3600; ++second) {
    it.swing(0.7, 9.0, 1s);
    const double now = it.in_use();
    EXPECT_LE(std::abs(std::log(now / before)), std::log(1.2501));
    moves += now != before;
    moves_late += now != before && second > 1800;
    before = now;
  }
  EXPECT_GE(moves, 5);
  EXPECT_LE(moves, 10);
  EXPECT_LE(moves_late, 1);
}

TEST(Capacity, StaysAsItIsGivenAndTellsWhatWasMeasured) {
  Learning it(with_capacity(8.0));
  find_three(it);
  EXPECT_EQ(it.in_use(), 8.0);
  EXPECT_NEAR(it.kind().learned.value_or(0.0), 2.4, 0.35);
  EXPECT_THAT(it.world.view("web").capacity->text, HasSubstr("8, given by the cluster file"));
  EXPECT_THAT(it.world.view("web").capacity->text, HasSubstr("`capacity` is far from that"));
}

TEST(Capacity, IsWhatTheClusterFileSaysAndWithoutItWhatWasLearnedMeanwhile) {
  Learning it(with_capacity(8.0));
  find_three(it);
  EXPECT_EQ(it.in_use(), 8.0);
  it.world.reload({without_capacity()});
  EXPECT_NEAR(it.in_use(), 2.4, 0.35);
  it.world.reload({with_capacity(8.0)});
  EXPECT_EQ(it.in_use(), 8.0);
}

TEST(Capacity, ThatIsGivenDoesNotMoveWhatWasLearnedWhileThereIsNoNode) {
  Learning it(with_capacity(50.0));
  find_three(it);
  it.world.agents.at({"node-a"}).silent = true;
  it.swing(0.7, 9.0, 5min);
  it.world.reload({without_capacity()});
  EXPECT_NEAR(it.in_use(), 2.4, 0.35);
}

// Ten times slower for 25 seconds after they came up, while the load rises.
TEST(Capacity, IsNotLearnedFromWorkersThatWarmUp) {
  Learning it(without_capacity());
  it.seconds = [&](double load) {
    const bool is_cold = seconds_in(it.world.now.time_since_epoch()) < 1000 + 25;
    return is_cold ? 0.5 : serves_at_once(16.0)(load);
  };
  it.serve(1.0);
  it.swing(3.0, 4.0, 20s);
  EXPECT_TRUE(it.world.view("web").capacity->kinds.empty());
  it.swing(1.0, 4.0, 10min);
  EXPECT_FALSE(it.kind().knee);
  EXPECT_NEAR(it.kind().at_least.value_or(0.0), 4.0, 0.6);
  EXPECT_EQ(it.in_use(), 8.0);
}

TEST(Capacity, RisesToWhatWasServedWellAndNoFurther) {
  Learning it(without_capacity());
  it.seconds = serves_at_once(40.0);
  it.swing(4.0, 20.0, 30min);
  EXPECT_FALSE(it.kind().knee);
  EXPECT_GT(it.in_use(), 15.0);
  EXPECT_LE(it.in_use(), 20.0);
}

TEST(Capacity, BelievesABalancerThatKeepsRequestsBack) {
  Learning it(without_capacity());
  it.seconds = serves_at_once(2.0);
  it.kept_at = 2.0;
  it.swing(4.0, 5.0, 70s);
  EXPECT_EQ(it.kind().confidence, "good");
  EXPECT_NEAR(it.kind().knee.value_or(0.0), 2.0, 0.1);
  EXPECT_LT(it.in_use(), 8.0);
  it.swing(4.0, 5.0, 10min);
  EXPECT_NEAR(it.in_use(), 1.6, 0.1);
}

TEST(Capacity, OfAnotherReleaseIsCarriedOverAndNotSure) {
  Learning it(without_capacity());
  find_three(it);
  const double before = it.in_use();
  ServiceSettings next = without_capacity();
  next.worker.env["MODEL"] = "two";
  it.world.reload({next});
  EXPECT_EQ(it.in_use(), before);
  EXPECT_EQ(it.kind().confidence, "low");
  it.seconds = serves_at_once(6.0);
  it.swing(0.7, 15.0, 60min);
  EXPECT_EQ(it.kind().confidence, "good");
  EXPECT_NEAR(it.in_use(), 4.8, 0.9);
}

// A release that is taken back is known as it was; what came between goes with the next.
TEST(Capacity, KeepsTwoReleases) {
  LearnedCapacity learned;
  const ReleaseId one{"one"}, two{"two"}, three{"three"};
  begin_release(learned, one);
  EXPECT_TRUE(learned.kinds.empty());
  learned.kind_for(one, 4.0)->settled = 3.0;
  begin_release(learned, two);
  EXPECT_EQ(worth_of(learned, two, 4.0), 3.0);
  learned.kind_for(two, 4.0)->settled = 1.5;
  begin_release(learned, one);
  EXPECT_EQ(worth_of(learned, one, 4.0), 3.0);
  EXPECT_EQ(worth_of(learned, two, 4.0), 1.5);
  begin_release(learned, three);
  EXPECT_EQ(worth_of(learned, three, 4.0), 3.0);
  EXPECT_EQ(learned.find(two, 4.0), nullptr);
}

TEST(Capacity, OfSeveralKindsOfNodesIsTheirMean) {
  LearnedCapacity learned;
  const ReleaseId release{"r"};
  learned.kind_for(release, 4.0)->settled = 3.0;
  EXPECT_EQ(worth_of(learned, release, 4.0), 3.0);
  EXPECT_EQ(worth_of(learned, release, 8.0), 3.0) << "not known: as the others";
  learned.kind_for(release, 8.0)->settled = 6.0;
  EXPECT_EQ(worth_of(learned, release, 8.0), 6.0);
  EXPECT_EQ(worth_of(learned, release, 16.0), 4.5);
  EXPECT_EQ(worth_of(learned, {"other"}, 4.0), 8.0);
  for (double cpus = 1.0; cpus < 100.0; cpus += 1.0) learned.kind_for(release, cpus);
  EXPECT_EQ(learned.kinds.size(), LearnedCapacity::kKindsMost);
}

TEST(Capacity, MovesForATwentiethAndBackForAnEighthAndNotAtOnce) {
  LearnedCapacity learned;
  learned.in_use = 10.0;
  Instant now(1000s);
  const auto moved = [&](double worth, Duration after = 30s) {
    now += after;
    const double before = *learned.in_use;
    move_towards(learned, worth, now);
    return *learned.in_use / before;
  };
  EXPECT_EQ(moved(10.4), 1.0);
  EXPECT_EQ(moved(10.6), 1.06);
  EXPECT_EQ(moved(20.0, 29s), 1.0) << "not yet";
  EXPECT_EQ(moved(20.0, 1s), 1.25);
  const double high = *learned.in_use;
  EXPECT_EQ(moved(high / 1.12), 1.0);
  EXPECT_DOUBLE_EQ(moved(high / 1.13), 1.0 / 1.13);
}

TEST(Capacity, OutlivesTheCoordinator) {
  Learning it(without_capacity());
  find_three(it);
  const LearnedCapacity& learned = it.world.record("web").capacity;
  const LearnedCapacity read = learned_capacity_in(text_for(learned));
  EXPECT_EQ(read.in_use, learned.in_use);
  ASSERT_EQ(read.kinds.size(), 1u);
  EXPECT_EQ(read.kinds[0].settled, learned.kinds[0].settled);
  EXPECT_EQ(read.kinds[0].estimate.knee, estimate_for(learned.kinds[0].evidence).knee);

  ServicePast past;
  past.capacity = read;
  State next;
  step(next, {it.world.now,
              {},
              Started{.epoch = 1,
                      .nodes = {},
                      .balancers = {},
                      .decided = {},
                      .paused = {},
                      .draining = {},
                      .pasts = {{ServiceId{"web"}, past}},
                      .tag = {},
                      .cluster = it.world.settings}});
  EXPECT_EQ(capacity_of(next.services.at({"web"})), it.in_use());
}

TEST(Capacity, TakesNothingFromATextThatIsNone) {
  for (const char* text :
       {"", "no", "[]", "{}", R"({"in_use": -3, "kinds": [1, {}, {"release": 4}]})",
        R"({"in_use": 1e99, "kinds": [{"release": "r", "cpus": 4, "settled": "x",
            "bins": [[1, 2], [99, 1, 1, 1, 1, 1], [3, -1, 0, 0, 0, 0], "a"],
            "rates": [[1, 2], [-1, 1, 1], "a"],
            "rate_pairs": [[1, 2, 1, 1, 1, 1, 1], [2, 1, -1, 0, 0, 0, 0], [2, 1]]}]})"}) {
    const LearnedCapacity learned = learned_capacity_in(text);
    EXPECT_FALSE(learned.in_use) << text;
    for (const KindCapacity& kind : learned.kinds) {
      EXPECT_FALSE(kind.settled);
      EXPECT_TRUE(kind.evidence.bins.empty() && kind.evidence.rates.empty() &&
                  kind.evidence.pairs.empty());
    }
  }
}

TEST(Capacity, TakesOfATextOnlyWhatCanBeLearned) {
  const auto in_use = [](const std::string& number) {
    return learned_capacity_in(R"({"kinds": [], "in_use": )" + number + "}").in_use;
  };
  EXPECT_EQ(in_use("0.25"), 0.25) << "by CPU";
  EXPECT_EQ(in_use("64"), 64.0);
  EXPECT_EQ(in_use("1e-9"), std::nullopt) << "it would ask for max";
  EXPECT_EQ(in_use("0.24"), std::nullopt);
  EXPECT_EQ(in_use("65"), std::nullopt);
}

TEST(Capacity, TakesOfATextOnlyTheRowsThatCanBeTrue) {
  const LearnedCapacity learned = learned_capacity_in(R"({"kinds": [{"release": "r", "cpus": 4,
      "bins": [[1, 10, 0, 0, 0, 5], [2, 10, 0, 0, 0, 1e9], [3, 0, 0, 0, 0, 0], [4, 10, -1, 0, 0, 5]],
      "rates": [[1, 10, 5], [80, 10, 5], [2, 10, 1e9], [3, 0, 0]],
      "rate_pairs": [[2, 1, 5, 1, 1, 2, 1], [1, 2, 5, 1, 1, 2, 1], [3, 1, 0, 1, 1, 0, 0],
      [4, 1, 5, 1, -1, 2, 1], [5, 1, 5, 1, 1, 2, 1e9]]}]})");
  ASSERT_EQ(learned.kinds.size(), 1u);
  const CapacityEvidence& evidence = learned.kinds[0].evidence;
  ASSERT_EQ(evidence.bins.size(), 1u);
  EXPECT_EQ(evidence.bins.begin()->first, 1);
  ASSERT_EQ(evidence.rates.size(), 1u);
  EXPECT_EQ(evidence.rates.begin()->first, 1);
  ASSERT_EQ(evidence.pairs.size(), 1u);
  EXPECT_EQ(evidence.pairs.begin()->first, std::pair(2, 1));
}

}  // namespace
}  // namespace foretide::coordinator::story
