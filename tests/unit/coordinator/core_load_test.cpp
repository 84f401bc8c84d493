// What load is: requests counted once, as they arrive, times the time that each needs. Nothing that
// we do about it, and nothing that is still to come, may change it.
#include <gmock/gmock.h>

#include <cmath>

#include "coordinator/core/reactive.hpp"
#include "core_world.hpp"

namespace foretide::coordinator::story {
namespace {

using testing::DoubleNear;
using testing::Optional;

const ServiceId kWeb{"web"};

// Every worker of the service fails, or is ready again.
void set_phase(World& world, wire::WorkerPhase phase) {
  for (auto& [id, said] : world.agents[{"node-a"}].workers) said.phase = phase;
  world.report(NodeId{"node-a"});
}

// Load that came in the last seconds, all together.
double load_over_last(const World& world, std::int64_t seconds) {
  const DemandSeries& series = world.record("web").series;
  double sum = 0.0;
  for (std::int64_t at = series.end() - seconds; at < series.end(); ++at) {
    EXPECT_TRUE(series.load(at)) << at;
    sum += series.load(at).value_or(0.0);
  }
  return sum;
}

// 40 requests a second of 0.1 s. For 20 s no worker takes them, then all are served at once.
TEST(Load, CountsARequestThatWaitedOnceAndWhenItCame) {
  World world;
  settle(world, service_named("web"));
  world.balancers[{"edge"}].rate[kWeb] = 40.0;
  world.pass(60s);
  set_phase(world, wire::WorkerPhase::kBackingOff);
  world.pass(20s);
  ASSERT_GT(world.view("web").held, 700u);
  EXPECT_NEAR(load_over_last(world, 15), 15 * 4.0, 0.6) << "while they wait";
  set_phase(world, wire::WorkerPhase::kReady);
  world.pass(20s);
  ASSERT_EQ(world.view("web").held, 0u);
  EXPECT_NEAR(load_over_last(world, 20), 20 * 4.0, 0.8) << "while they are served";
}

// service time 0.1 s -> 0.3 s at 20 requests a second     load 2 -> 6, arrivals 20 as ever
TEST(Load, FollowsTheServiceTimeWhereArrivalsStayAsTheyWere) {
  World world;
  settle(world, service_named("web"));
  Balancer& edge = world.balancers[{"edge"}];
  edge.rate[kWeb] = 20.0;
  world.pass(60s);
  EXPECT_THAT(world.view("web").demand, Optional(DoubleNear(2.0, 0.1)));
  edge.service_seconds = 0.3;
  world.pass(360s);
  EXPECT_THAT(world.view("web").demand, Optional(DoubleNear(6.0, 0.2)));
  const DemandSeries& series = world.record("web").series;
  for (std::int64_t at = series.end() - 400; at < series.end(); ++at) {
    EXPECT_THAT(series.arrivals(at), Optional(DoubleNear(20.0, 1.1)));
  }
}

// The service time is learned over a minute; what arrives counts at once, and for itself.
TEST(Load, FollowsArrivalsAtOnceAndLearnsNoServiceTimeFromThem) {
  World world;
  settle(world, service_named("web"));
  Balancer& edge = world.balancers[{"edge"}];
  edge.rate[kWeb] = 20.0;
  world.pass(60s);
  edge.rate[kWeb] = 70.0;
  world.pass(4s);
  EXPECT_THAT(world.view("web").demand, Optional(DoubleNear(7.0, 0.3)));
  EXPECT_THAT(world.view("web").service_time_seconds, Optional(DoubleNear(0.1, 0.001)));
}

// Waves that prediction has learned to foresee, in two worlds alike. In one all workers fail for
// the last ten seconds, so that requests pile up.
TEST(Backlog, IsAFloorForNowAndLeavesNoTraceInPrediction) {
  World served, starved;
  for (World* world : {&served, &starved}) {
    settle(*world, service_named("web"));
    Balancer& edge = world->balancers[{"edge"}];
    for (int t = 0; t < 300; ++t) {
      edge.rate[kWeb] = 10.0 * (6.0 + 3.0 * std::sin(t / 10.0));
      if (t == 290 && world == &starved) set_phase(*world, wire::WorkerPhase::kBackingOff);
      world->pass(1s);
    }
  }
  ASSERT_GT(starved.view("web").held, 300u);
  const ServiceRecord &calm = served.record("web"), &piled = starved.record("web");
  for (std::int64_t at = piled.series.end() - 200; at < piled.series.end(); ++at) {
    EXPECT_NEAR(calm.series.load(at).value(), piled.series.load(at).value(), 0.15) << at;
  }
  ASSERT_TRUE(calm.foresight && piled.foresight);
  EXPECT_NEAR(calm.foresight->expected, piled.foresight->expected, 0.05);
  EXPECT_EQ(calm.foresight->workers, piled.foresight->workers);
  EXPECT_EQ(calm.foresight->workers_thinkable, piled.foresight->workers_thinkable);
  EXPECT_NEAR(calm.foresight->bill.unserved, piled.foresight->bill.unserved, 1e-3);
  EXPECT_NEAR(calm.foresight->bill.workers, piled.foresight->bill.workers, 1e-2);
  EXPECT_NEAR(calm.foresight->reactive_bill.workers, piled.foresight->reactive_bill.workers, 1e-2);
  const auto backlog = [](const World& world) {
    Situation at{.now = world.now};
    observe(world.record("web"), at);
    return backlog_for(at).workers;
  };
  EXPECT_EQ(backlog(served), 0u);
  EXPECT_GT(backlog(starved), 2u);
}

PredictionNeeds four_second_starts() {
  return {.start = 4s, .capacity = 8.0, .workers_min = 1, .workers_max = 20, .window = 10s};
}

// One of two alike falls behind: what it has still to take in is all there when it goes on.
TEST(Prediction, SaysNothingElseWhenWhatIsStillToComeIsKnown) {
  DemandSeries series;
  Instant at(100s);
  const auto grow = [&] {
    const double t = seconds_in(at.time_since_epoch());
    series.add(at, at + 1s, 40.0 + 20.0 * std::sin(t / 9.0) + (t > 350.0 ? 60.0 : 0.0));
    at += 1s;
    series.close(at, 1, 1.0);
  };
  const auto advance = [&](Prediction& prediction, int steps) {
    prediction.advance(series, four_second_starts(), steps);
    return *prediction.foresight();
  };
  Prediction prompt;
  for (int i = 0; i < 200; ++i) {
    grow();
    int steps = 10;
    prompt.advance(series, four_second_starts(), steps);
  }
  ASSERT_TRUE(prompt.foresight());
  Prediction late = prompt;
  std::vector<Foresight> as_it_came;
  for (int i = 0; i < 100; ++i) {
    grow();
    as_it_came.push_back(advance(prompt, 1));
  }
  for (const Foresight& then : as_it_came) {
    const Foresight now = advance(late, 1);
    ASSERT_EQ(now.steps_seen, then.steps_seen);
    EXPECT_DOUBLE_EQ(now.expected, then.expected);
    EXPECT_EQ(now.workers, then.workers);
  }
}

}  // namespace
}  // namespace foretide::coordinator::story
