// A queue outside says how much work waits: it wakes, adds, and lets go, and is no demand.
#include "coordinator/core/queue_signal.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "coordinator/core/decide.hpp"
#include "coordinator/core/plausible.hpp"
#include "core_world.hpp"

namespace foretide::coordinator::story {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

QueueDepth jobs(double per_worker = 10.0) {
  return {.url = {{"127.0.0.1", 9000}, "/depth"}, .per_worker = per_worker, .every = 5s};
}

// A service that sleeps, with a queue and nothing else to do.
ServiceSettings queue_service() {
  ServiceSettings service = sleepy();
  service.scale.signals = {jobs()};
  service.scale.predict = ScaleSettings::Predict::kOff;
  return service;
}

void hear(World& world, std::optional<double> items, const std::string& trouble = "") {
  world.happens(SignalHeard{{"web"}, jobs(), items, trouble});
}
// So long, asked as it would be.
void hear_for(World& world, Duration duration, double items) {
  for (Duration passed{}; passed < duration; passed += 5s) {
    hear(world, items);
    world.pass(5s);
  }
}
SignalReading reading(const World& world) {
  return world.view("web").signals.at(0);
}
std::string said(const World& world) {
  const Opinion opinion = queue_opinion(jobs(), world.record("web"), world.now);
  return std::to_string(opinion.workers) + ", " + opinion.reason;
}

TEST(QueueSignal, WakesAServiceThatSleeps) {
  World world;
  settle(world, queue_service());
  ASSERT_EQ(world.view("web").desired, 0u);
  EXPECT_EQ(reading(world).words, "not known: the queue was not heard of yet");
  hear(world, 37.0);
  EXPECT_EQ(reading(world).words, "37 items in the queue and no ready worker, of 10 for each");
  EXPECT_EQ(reading(world).state(), SignalReading::State::kBreached);
  world.pass(1s);
  EXPECT_EQ(world.view("web").desired, 4u);
  EXPECT_EQ(world.decisions.back().rule, "queue");
  EXPECT_EQ(world.decisions.back().reason, "37 items in the queue need 4 workers of 10");
  world.pass(2s);
  EXPECT_EQ(reading(world).words, "37 items in the queue, 9.25 for each ready worker, of 10");
}

TEST(QueueSignal, SpeaksOfOneItemAsOfOne) {
  World world;
  settle(world, queue_service());
  hear_for(world, 5s, 1.0);
  EXPECT_EQ(said(world), "1, 1 item in the queue needs 1 worker of 10");
}

TEST(QueueSignal, KeepsTheMostOfTheWindowAndThenLetsGo) {
  World world;
  settle(world, queue_service());
  hear_for(world, 5s, 37.0);
  hear_for(world, 5s, 12.0);
  EXPECT_EQ(world.view("web").desired, 4u) << "what was taken is being worked on";
  EXPECT_EQ(said(world),
            "4, the most of the last 10 s, 37 items in the queue, need 4 workers of 10");
  hear_for(world, 10s, 12.0);
  EXPECT_EQ(world.view("web").desired, 2u);
  hear_for(world, 5s, 0.0);
  EXPECT_EQ(world.view("web").desired, 2u);
  hear_for(world, 10s, 0.0);
  EXPECT_EQ(world.view("web").desired, 0u);
  EXPECT_EQ(said(world), "0, nothing is in the queue");
}

TEST(QueueSignal, IsOneOpinionBesidesOthersAndBoundedByMax) {
  World world;
  ServiceSettings service = queue_service();
  service.scale.min = 1;
  settle(world, service);
  Balancer& edge = world.balancers.at({"edge"});
  edge.rate[{"web"}] = 200.0;  // a load of 20: three workers
  hear_for(world, 10s, 5.0);
  EXPECT_EQ(world.view("web").desired, 3u) << "it only adds";
  hear_for(world, 5s, 1000.0);
  EXPECT_EQ(world.view("web").desired, 10u);
  EXPECT_EQ(world.decisions.back().rule, "max");
}

TEST(QueueSignal, HoldsWhatItLastHeardForTenMinutesAndNoLonger) {
  World world;
  settle(world, queue_service());
  hear(world, 37.0);
  world.pass(5s);
  hear(world, std::nullopt, "127.0.0.1:9000 answered 500");
  world.pass(9s);
  ASSERT_EQ(world.view("web").desired, 4u) << "three periods are not over";
  world.pass(3s);
  EXPECT_EQ(world.view("web").desired, 4u) << "silence is no empty queue";
  EXPECT_THAT(said(world), StartsWith("4, not known: the queue was last heard of 17 s ago: "
                                      "127.0.0.1:9000 answered 500; 37 items in the queue then"));
  world.pass(10min);
  EXPECT_EQ(world.view("web").desired, 0u);
  EXPECT_EQ(reading(world).state(), SignalReading::State::kUnknown);
  EXPECT_FALSE(reading(world).value);
  hear(world, 5.0);
  world.pass(1s);
  EXPECT_EQ(world.view("web").desired, 1u);
}

// Asked every five minutes: known for 15 of them, and then held for ten.
TEST(QueueSignal, HoldsForTenMinutesFromWhenItIsNoLongerKnown) {
  ServiceRecord record;
  record.id = {"web"};
  record.settings = queue_service();
  QueueDepth rare = jobs();
  rare.every = 5min;
  record.settings->scale.signals = {rare};
  QueueEvidence& evidence = record.signals.queues[name_of(rare)];
  evidence.source = rare;
  evidence.add(Instant(0s), 37.0, record.settings->scale.window);
  const auto workers_after = [&](Duration age) {
    const Opinion opinion = queue_opinion(rare, record, Instant(age));
    EXPECT_EQ(has_queued(record, Instant(age)), opinion.workers > 0) << opinion.reason;
    return opinion.workers;
  };
  EXPECT_EQ(workers_after(14min), 4u) << "it is known";
  EXPECT_EQ(workers_after(16min), 4u);
  EXPECT_EQ(workers_after(25min), 4u);
  EXPECT_EQ(workers_after(25min + 1s), 0u);
}

TEST(QueueSignal, SaysWhyItWasNeverHeardOf) {
  World world;
  settle(world, queue_service());
  hear(world, std::nullopt, "127.0.0.1:9000 cannot be reached: Connection refused");
  EXPECT_EQ(said(world),
            "0, not known: the queue was not heard of yet: 127.0.0.1:9000 cannot be reached: "
            "Connection refused");
}

TEST(QueueSignal, IsNeverDemand) {
  World with, without;
  ServiceSettings service = queue_service();
  service.scale.min = 1;
  service.scale.predict = ScaleSettings::Predict::kAuto;
  settle(with, service);
  settle(without, service);
  for (World* world : {&with, &without}) world->balancers.at({"edge"}).rate[{"web"}] = 20.0;
  hear_for(with, 60s, 90.0);
  without.pass(60s);
  EXPECT_EQ(with.view("web").desired, 9u);
  EXPECT_EQ(without.view("web").desired, 1u);
  const DemandSeries &one = with.record("web").series, &other = without.record("web").series;
  ASSERT_EQ(one.end(), other.end());
  for (auto second = one.first(); second < one.end(); ++second) {
    EXPECT_EQ(one.load(second), other.load(second)) << second;
  }
  EXPECT_EQ(with.view("web").forecast, without.view("web").forecast);
}

TEST(QueueSignal, OfAnotherUrlIsAnotherQueue) {
  World world;
  settle(world, queue_service());
  hear(world, 37.0);
  world.pass(1s);
  ASSERT_EQ(world.view("web").desired, 4u);
  ServiceSettings moved = queue_service();
  QueueDepth elsewhere = jobs();
  elsewhere.url.server.port = 9001;
  moved.scale.signals = {elsewhere};
  world.reload({moved});
  EXPECT_THAT(reading(world).words, HasSubstr("not heard of yet"));
  hear(world, 99.0);  // was under way
  EXPECT_THAT(reading(world).words, HasSubstr("not heard of yet"));
  world.happens(SignalHeard{{"web"}, elsewhere, 20.0, ""});
  world.pass(1s);
  EXPECT_EQ(world.view("web").desired, 2u);
  EXPECT_EQ(world.record("web").signals.queues.size(), 1u);
}

TEST(QueueSignal, OfAServiceThatIsGoneIsNotHeard) {
  World world;
  settle(world, queue_service());
  world.reload({service_named("other")});
  hear(world, 37.0);
  world.happens(SignalHeard{{"nobody"}, jobs(), 1.0, ""});
  world.pass(1s);
  EXPECT_EQ(world.view("other").desired, 1u);
}

TEST(QueueSignal, KeepsLimitsAwakeWhileItHasWork) {
  World world;
  ServiceSettings service = queue_service();
  service.scale.signals.push_back(CpuLimit{0.8});
  world.start({service});
  Agent& node = world.join_agent("node-a");
  node.cpu_cores = 0.95;
  world.join_balancer("edge");
  world.pass(11s);
  hear_for(world, 60s, 5.0);
  EXPECT_GT(world.view("web").desired, 1u) << "no request came, and yet its worker is busy";
  const SignalReading cpu = world.view("web").signals.at(1);
  EXPECT_TRUE(cpu.value);
}

TEST(QueueEvidence, KnowsTheLargestOfTheWindow) {
  QueueEvidence evidence;
  EXPECT_FALSE(evidence.heard_at());
  const auto at = [](int second) { return Instant(std::chrono::seconds(second)); };
  for (const auto& [second, items] : {std::pair{0, 5.0}, std::pair{5, 9.0}, std::pair{10, 3.0},
                                      std::pair{15, 4.0}, std::pair{20, 1.0}}) {
    evidence.add(at(second), items, 12s);
  }
  EXPECT_EQ(evidence.latest(), 1.0);
  EXPECT_EQ(evidence.largest(at(20), 60s), 4.0) << "what was 15 s ago went when 20 was heard";
  EXPECT_EQ(evidence.largest(at(24), 12s), 4.0);
  EXPECT_EQ(evidence.largest(at(28), 12s), 1.0);
  EXPECT_EQ(evidence.largest(at(90), 12s), 1.0) << "the last word holds, as long as it does";
}

TEST(Plausible, IsALengthThatAQueueCanHave) {
  for (const double fine : {0.0, 0.5, 1e9}) EXPECT_EQ(absurdity_in_queue(fine), "") << fine;
  EXPECT_EQ(absurdity_in_queue(-3.0), "its length is -3, which is not between 0 and 1e+09");
  for (const double wrong : {std::nan(""), HUGE_VAL, -HUGE_VAL, -1e-9, 2e9}) {
    EXPECT_NE(absurdity_in_queue(wrong), "") << wrong;
  }
}

}  // namespace
}  // namespace foretide::coordinator::story
