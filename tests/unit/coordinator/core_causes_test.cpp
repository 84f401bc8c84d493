// Why requests waited: one story for each cause, told from a balancer's counters to the books.
#include <gtest/gtest.h>

#include "coordinator/core/stopped_starts.hpp"
#include "core_world.hpp"

namespace foretide::coordinator::story {
namespace {

const ServiceId kWeb{"web"};

// What a service with one worker of 8 was booked for while `load` is offered and, later, seven
// requests are refused.
struct Story {
  World world;

  explicit Story(const ServiceSettings& service) { settle(world, service); }
  Balancer& edge() { return world.balancers[{"edge"}]; }
  void offer(double load) { edge().rate[kWeb] = load / edge().service_seconds; }
  // Seven more are refused; which cause they were booked to.
  std::string refuse() {
    const CauseCounts before = booked();
    edge().traffic[kWeb].refused_total += 7;
    world.now += 50ms;
    world.report(BalancerId{"edge"});
    world.happens(Tick{});
    return grown_since(before, 7);
  }
  const CauseCounts& booked() const { return world.record("web").feedback.waits; }
  std::string grown_since(const CauseCounts& before, std::uint64_t by) const {
    std::string names;
    for (std::size_t i = 0; i < kCauses; ++i) {
      const Cause cause = static_cast<Cause>(i);
      if (booked().of(cause) == before.of(cause)) continue;
      EXPECT_GE(booked().of(cause) - before.of(cause), by);
      names += name_of(cause);
    }
    return names;
  }
};

TEST(Cause, IsTheForecastWhereWorkersComeTooLate) {
  Story story(service_named("web"));
  story.offer(4.0);
  story.world.pass(5s);
  EXPECT_EQ(story.refuse(), "forecast") << "all is well, and yet they were too few";
  story.world.agents[{"node-a"}].start_time = 5s;
  story.offer(30.0);
  story.world.pass(3s);
  ASSERT_GT(story.world.view("web").starting, 0u);
  EXPECT_EQ(story.refuse(), "forecast") << "they were asked for too late";
}

TEST(Cause, IsTheStartThatFails) {
  Story story(service_named("web"));
  story.world.agents[{"node-a"}].fails = true;
  story.offer(30.0);
  story.world.pass(5s);
  ASSERT_TRUE(stopped_starts_of(story.world.record("web"), story.world.now))
      << "the failed ones were taken away";
  EXPECT_EQ(story.refuse(), "start_failed");
}

TEST(Cause, IsTheMostThatIsAllowedOnceAllOfThemAreReady) {
  ServiceSettings service = service_named("web");
  service.scale.max = 2;
  Story story(service);
  story.world.agents[{"node-a"}].start_time = 5s;
  story.offer(60.0);
  story.world.pass(3s);
  EXPECT_EQ(story.refuse(), "forecast") << "the second could have been there";
  story.world.pass(5s);
  EXPECT_EQ(story.refuse(), "at_max");
}

TEST(Cause, IsTheLimitOfTheRise) {
  ServiceSettings rests = service_named("web");
  rests.scale.up_cooldown = 60s;
  Story resting(rests);
  resting.offer(60.0);
  resting.world.pass(4s);
  ASSERT_EQ(resting.world.view("web").desired, 1u) << "the first worker is too recent";
  EXPECT_EQ(resting.refuse(), "at_max");

  ServiceSettings steps = service_named("web");
  steps.scale.up_max_step = 1;
  Story stepping(steps);
  stepping.offer(60.0);
  stepping.world.pass_until([&] { return stepping.world.view("web").ready == 2; }, 5s);
  EXPECT_EQ(stepping.refuse(), "at_max");
}

TEST(Cause, IsTheHostThatIsMissing) {
  ServiceSettings service = service_named("web");
  service.worker.needs.cpus = 3.0;  // of four
  Story story(service);
  story.offer(30.0);
  story.world.pass(3s);
  ASSERT_GT(story.world.view("web").desired, 1u);
  EXPECT_EQ(story.refuse(), "no_host");
}

TEST(Cause, IsAPauseOrACountByHandThatHoldsTheRulesBack) {
  Story paused(service_named("web"));
  paused.world.happens(PauseSet{kWeb, true});
  paused.offer(4.0);
  paused.world.pass(3s);
  EXPECT_EQ(paused.refuse(), "forecast") << "the pause takes nothing from them";
  paused.offer(30.0);
  paused.world.pass(3s);
  EXPECT_EQ(paused.refuse(), "frozen");

  Story counted(service_named("web"));
  counted.world.happens(ScaleSet{kWeb, 2, 0s});
  counted.offer(40.0);
  counted.world.pass(3s);
  EXPECT_EQ(counted.refuse(), "frozen");
}

TEST(Cause, IsTheMostThatIsAllowedThoughOnlyASignalWantsMore) {
  ServiceSettings service = service_named("web");
  service.scale.max = 2;
  service.scale.signals = {RequestRate{5.0}};
  Story rate(service);
  rate.edge().service_seconds = 0.1;
  rate.offer(2.0);  // 20 requests a second want four, their load one
  rate.world.pass_until([&] { return rate.world.view("web").ready == 2; }, 20s);
  EXPECT_EQ(rate.refuse(), "at_max");

  service.scale.max = 1;
  service.scale.signals = {LatencyLimit{95.0, 300ms}};
  Story latency(service);
  latency.edge().service_seconds = 0.1;
  latency.edge().answer_time = 500ms;
  latency.offer(2.0);
  latency.world.pass(30s);
  EXPECT_EQ(latency.refuse(), "at_max");
}

TEST(Cause, IsAPauseThatHoldsASignalBack) {
  ServiceSettings service = service_named("web");
  service.scale.signals = {RequestRate{5.0}};
  Story story(service);
  story.world.happens(PauseSet{kWeb, true});
  story.edge().service_seconds = 0.1;
  story.offer(2.0);
  story.world.pass(5s);
  ASSERT_EQ(story.world.view("web").desired, 1u);
  EXPECT_EQ(story.refuse(), "frozen");
}

TEST(Cause, IsNotAPauseDownwardsWhichKeepsNobodyFromRising) {
  ServiceSettings service = service_named("web");
  service.scale.max = 2;
  Story story(service);
  story.world.happens(PauseSet{kWeb, true, PauseDirection::kDown});
  story.offer(60.0);
  story.world.pass_until([&] { return story.world.view("web").ready == 2; }, 20s);
  EXPECT_EQ(story.refuse(), "at_max");
}

TEST(Cause, IsTheSleepOfWhoIsWoken) {
  Story story(sleepy());
  Balancer& edge = story.edge();
  story.world.pass_until([&] { return story.world.running() == 0; }, 60s);
  story.world.agents[{"node-a"}].start_time = 3s;
  const std::uint64_t held_before = edge.traffic[kWeb].held_total;
  const CauseCounts before = story.booked();
  story.offer(2.0);
  story.world.pass_until([&] { return story.world.view("web").ready == 1; }, 10s);
  story.world.pass(1s);
  const std::uint64_t held = edge.traffic[kWeb].held_total - held_before;
  ASSERT_GT(held, 20u) << "through all of the start";
  EXPECT_EQ(story.grown_since(before, held), "woken");
  const auto unserved = story.world.view("web").feedback.unserved_share_hour;
  ASSERT_TRUE(unserved.has_value());
  EXPECT_DOUBLE_EQ(*unserved, 0.0) << "waking is no shortage";
  EXPECT_EQ(story.refuse(), "forecast") << "it is awake now";
}

TEST(Cause, OfWhoIsNotWokenIsWhyItIsNot) {
  Story story(sleepy());
  story.world.pass_until([&] { return story.world.running() == 0; }, 60s);
  story.world.agents[{"node-a"}].fails = true;
  story.offer(2.0);
  story.world.pass(3s);
  EXPECT_EQ(story.refuse(), "start_failed");
}

// Seven wait and are refused later; three more are refused at once.
TEST(Cause, CountsOnceWhoWaitsInVain) {
  Story story(service_named("web"));
  story.offer(2.0);
  story.world.pass(1s);
  const CauseCounts before = story.booked();
  const auto report = [&] {
    story.world.now += 50ms;
    story.world.report(BalancerId{"edge"});
    story.world.happens(Tick{});
  };
  wire::ServiceTraffic& counts = story.edge().traffic[kWeb];
  counts.refused_held_total = 0;
  report();
  counts.held_total += 7;
  report();
  counts.refused_total += 10;
  counts.refused_held_total = 7;
  report();
  EXPECT_EQ(story.booked().of(Cause::kForecast) - before.of(Cause::kForecast), 10u);
}

TEST(Cause, IsNotAskedForWhatABalancerCountedBeforeItCame) {
  World world;
  world.start({service_named("web")});
  world.join_agent("node-a");
  world.balancers[{"edge"}].traffic[kWeb].refused_total = 500;
  world.join_balancer("edge");
  world.pass(5s);
  EXPECT_EQ(world.record("web").feedback.waits, CauseCounts{});
}

}  // namespace
}  // namespace foretide::coordinator::story
