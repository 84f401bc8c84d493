#include <gtest/gtest.h>

#include "balancer/core/endpoint_set.hpp"
#include "balancer/core/hold_queue.hpp"
#include "balancer/core/picker.hpp"
#include "balancer/core/service_routes.hpp"
#include "balancer/core/traffic.hpp"
#include "common/wire/durations.hpp"

namespace foretide::balancer {
namespace {

using namespace std::chrono_literals;
using wire::EndpointState;

const Instant kStart{std::chrono::hours(1)};

struct Entry {
  std::string id;
  EndpointState state = EndpointState::kActive;
};

wire::ServiceTable table(std::uint64_t revision, std::vector<Entry> entries,
                         std::optional<std::uint32_t> hard = {}) {
  wire::ServiceTable table;
  table.stamp = {1, revision};
  table.service = {"web"};
  table.policy.hard_capacity = hard;
  std::uint16_t port = 9000;
  for (auto& entry : entries) {
    table.endpoints.push_back({{entry.id}, {"127.0.0.1", ++port}, entry.state});
  }
  return table;
}

TEST(EndpointSet, AppliesATableWholeAndOnce) {
  EndpointSet set;
  EXPECT_TRUE(set.apply(table(2, {{"a"}, {"b"}})).accepted);
  EXPECT_EQ(set.active(), 2u);
  EXPECT_FALSE(set.apply(table(2, {{"a"}})).accepted);
  EXPECT_FALSE(set.apply(table(1, {})).accepted);
  EXPECT_EQ(set.stamp(), (Stamp{1, 2}));
  EXPECT_EQ(set.endpoints().size(), 2u);
}

TEST(EndpointSet, KeepsAndTellsWhatATableDoesNotMention) {
  EndpointSet set;
  set.apply(table(1, {{"a"}, {"b"}}));
  const auto applied = set.apply(table(2, {{"a"}}));
  EXPECT_TRUE(applied.accepted);
  EXPECT_EQ(applied.missing, (std::vector<WorkerId>{{"b"}}));
  EXPECT_EQ(set.active(), 2u);
}

TEST(EndpointSet, RefusesATableThatContradictsItself) {
  EndpointSet set;
  set.apply(table(1, {{"a"}}));
  const auto applied = set.apply(table(2, {{"a"}, {"a"}}));
  EXPECT_FALSE(applied.accepted);
  EXPECT_EQ(applied.reason, "endpoint a stands twice");
  EXPECT_EQ(set.stamp(), (Stamp{1, 1}));
}

TEST(EndpointSet, DrainingTakesNothingNewAndCanReturn) {
  EndpointSet set;
  Picker picker;
  set.apply(table(1, {{"a"}}));
  set.apply(table(2, {{"a", EndpointState::kDraining}}));
  EXPECT_EQ(picker.pick(set, {}, kStart), nullptr);
  set.apply(table(3, {{"a"}}));
  EXPECT_NE(picker.pick(set, {}, kStart), nullptr);
}

TEST(EndpointSet, GoneStaysUntilItsLastRequestEnded) {
  EndpointSet set;
  set.apply(table(1, {{"a"}}));
  Endpoint& endpoint = *set.find({"a"});
  ASSERT_TRUE(set.begin(endpoint, kStart));
  set.apply(table(2, {{"a", EndpointState::kGone}}));
  ASSERT_EQ(set.find({"a"}), &endpoint);
  set.finish(endpoint, Finish::kCompleted, kStart, kStart + 1s);
  EXPECT_EQ(set.find({"a"}), nullptr);
}

TEST(EndpointSet, NeverExceedsTheHardCapacityOverThreads) {
  EndpointSet one, other;
  const auto slots = std::make_shared<Slots>();
  for (EndpointSet* set : {&one, &other}) {
    set->apply(table(1, {{"a"}}, 2));
    set->find({"a"})->slots = slots;
  }
  ASSERT_TRUE(one.begin(*one.find({"a"}), kStart));
  ASSERT_TRUE(other.begin(*other.find({"a"}), kStart));
  EXPECT_FALSE(one.can_take(*one.find({"a"}), kStart));
  EXPECT_FALSE(other.begin(*other.find({"a"}), kStart));
  one.finish(*one.find({"a"}), Finish::kCompleted, kStart, kStart);
  EXPECT_TRUE(other.can_take(*other.find({"a"}), kStart));
}

TEST(EndpointSet, ARefusingEndpointRestsAndThenTakesOneTrial) {
  EndpointSet set;
  set.apply(table(1, {{"a"}}));
  Endpoint& endpoint = *set.find({"a"});
  ASSERT_TRUE(set.begin(endpoint, kStart));
  set.refused(endpoint, kStart, NoConnection::kRefused);
  set.finish(endpoint, Finish::kReturned, kStart, kStart);
  EXPECT_TRUE(set.all_refuse());
  EXPECT_FALSE(set.can_take(endpoint, kStart + 19ms));
  EXPECT_EQ(set.opens_at(), kStart + 20ms);
  ASSERT_TRUE(set.can_take(endpoint, kStart + 20ms));
  ASSERT_TRUE(set.begin(endpoint, kStart + 20ms));
  EXPECT_FALSE(set.can_take(endpoint, kStart + 20ms)) << "one trial at a time";
  set.refused(endpoint, kStart + 20ms, NoConnection::kRefused);
  set.finish(endpoint, Finish::kReturned, kStart, kStart + 20ms);
  EXPECT_EQ(set.opens_at(), kStart + 60ms) << "twice as long";
  ASSERT_TRUE(set.begin(endpoint, kStart + 60ms));
  set.connected(endpoint);
  EXPECT_TRUE(set.can_take(endpoint, kStart + 60ms));
  EXPECT_FALSE(set.all_refuse());
}

TEST(EndpointSet, ATrialThatEndsUndecidedLeavesRoomForTheNext) {
  EndpointSet set;
  set.apply(table(1, {{"a"}}));
  Endpoint& endpoint = *set.find({"a"});
  ASSERT_TRUE(set.begin(endpoint, kStart));
  set.refused(endpoint, kStart, NoConnection::kRefused);
  set.finish(endpoint, Finish::kReturned, kStart, kStart);
  ASSERT_TRUE(set.begin(endpoint, kStart + 20ms));
  set.finish(endpoint, Finish::kReturned, kStart + 20ms, kStart + 30ms);
  EXPECT_TRUE(set.can_take(endpoint, kStart + 30ms));
}

// Requests on connections of before end while one finds out whether the door is open.
TEST(EndpointSet, WhatEndsMeanwhileDoesNotDecideATrial) {
  EndpointSet set;
  set.apply(table(1, {{"a"}}));
  Endpoint& endpoint = *set.find({"a"});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(set.begin(endpoint, kStart));
  set.refused(endpoint, kStart, NoConnection::kRefused);
  set.finish(endpoint, Finish::kReturned, kStart, kStart);
  ASSERT_TRUE(set.begin(endpoint, kStart + 20ms));
  set.finish(endpoint, Finish::kCompleted, kStart, kStart + 21ms);
  set.finish(endpoint, Finish::kFailed, kStart, kStart + 22ms);
  EXPECT_FALSE(set.can_take(endpoint, kStart + 23ms));
}

TEST(EndpointSet, ManyRefusalsOfOneMomentCountOnce) {
  EndpointSet set;
  set.apply(table(1, {{"a"}}));
  Endpoint& endpoint = *set.find({"a"});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(set.begin(endpoint, kStart));
  for (int i = 0; i < 3; ++i) set.refused(endpoint, kStart, NoConnection::kRefused);
  EXPECT_EQ(set.opens_at(), kStart + 20ms);
}

TEST(EndpointSet, TellsWhenTheNextOneOpensByItself) {
  EndpointSet set;
  set.apply(table(1, {{"a"}, {"b"}, {"c"}}));
  EXPECT_EQ(set.opens_at(), Instant::max());
  Endpoint& failing = *set.find({"a"});
  Endpoint& refusing = *set.find({"b"});
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(set.begin(failing, kStart));
    set.finish(failing, Finish::kFailed, kStart, kStart);
  }
  EXPECT_EQ(set.opens_at(), kStart + 5s);
  ASSERT_TRUE(set.begin(refusing, kStart));
  set.refused(refusing, kStart, NoConnection::kRefused);
  set.finish(refusing, Finish::kReturned, kStart, kStart);
  EXPECT_EQ(set.opens_at(), kStart + 20ms);
  set.look(kStart + 20ms);
  EXPECT_TRUE(refusing.open);
  EXPECT_EQ(set.opens_at(), kStart + 5s) << "who may open already hides nobody";
  set.look(kStart + 5s);
  EXPECT_TRUE(failing.open);
  EXPECT_EQ(set.opens_at(), Instant::max());
}

TEST(EndpointSet, KnowsWhetherAnyIsOpen) {
  EndpointSet set;
  set.apply(table(1, {{"a"}}));
  EXPECT_TRUE(set.has_open());
  ASSERT_TRUE(set.begin(*set.find({"a"}), kStart));
  set.refused(*set.find({"a"}), kStart, NoConnection::kRefused);
  EXPECT_FALSE(set.has_open());
  set.look(kStart + 20ms);
  EXPECT_TRUE(set.has_open());
}

TEST(Picker, SpreadsEqualEndpointsEvenly) {
  EndpointSet set;
  Picker picker;
  set.apply(table(1, {{"a"}, {"b"}, {"c"}}));
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(set.begin(*picker.pick(set, {}, kStart), kStart));
  for (const auto& endpoint : set.endpoints()) EXPECT_EQ(endpoint->in_flight, 3u);
}

// Requests one after the other on idle endpoints still take turns.
TEST(Picker, TakesTurnsWhenAllAreIdle) {
  EndpointSet set;
  Picker picker;
  set.apply(table(1, {{"a"}, {"b"}}));
  for (int i = 0; i < 10; ++i) {
    Endpoint& endpoint = *picker.pick(set, {}, kStart);
    ASSERT_TRUE(set.begin(endpoint, kStart));
    set.finish(endpoint, Finish::kCompleted, kStart, kStart + 10ms);
  }
  EXPECT_EQ(set.find({"a"})->completed_total, 5u);
}

TEST(Picker, GivesASlowEndpointLess) {
  EndpointSet set;
  Picker picker;
  set.apply(table(1, {{"slow"}, {"fast"}}));
  for (int i = 0; i < 20; ++i) {
    for (const auto& endpoint : set.endpoints()) {
      ASSERT_TRUE(set.begin(*endpoint, kStart));
      const auto took = endpoint->id.text == "slow" ? 400ms : 100ms;
      set.finish(*endpoint, Finish::kCompleted, kStart, kStart + took);
    }
  }
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(set.begin(*picker.pick(set, {}, kStart), kStart));
  EXPECT_EQ(set.find({"slow"})->in_flight, 2u);
  EXPECT_EQ(set.find({"fast"})->in_flight, 8u);
}

TEST(Picker, RoundRobinGoesOnWhateverTheyHaveToDo) {
  EndpointSet set;
  Picker picker;
  auto both = table(1, {{"a"}, {"b"}});
  both.policy.balance = wire::TrafficPolicy::Balance::kRoundRobin;
  set.apply(both);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(set.begin(*set.find({"a"}), kStart));
  Endpoint* first = picker.pick(set, {}, kStart);
  EXPECT_NE(picker.pick(set, {}, kStart), first);
  EXPECT_EQ(picker.pick(set, {}, kStart), first);
}

TEST(HoldQueue, ServesInOrderOfArrival) {
  HoldQueue queue;
  const auto first = queue.enter(10, {kStart, kStart + 1s});
  const auto second = queue.enter(10, {kStart + 1ms, kStart + 1s});
  EXPECT_EQ(queue.first(), first);
  EXPECT_TRUE(queue.leave(*first));
  EXPECT_FALSE(queue.leave(*first));
  EXPECT_EQ(queue.first(), second);
  queue.come_back(*first, {kStart, kStart + 1s});
  EXPECT_EQ(queue.first(), first) << "its place is kept";
  EXPECT_EQ(queue.oldest_since(), kStart);
}

TEST(HoldQueue, IsBoundedInNumberAndTime) {
  HoldQueue queue;
  const auto late = queue.enter(2, {kStart, kStart + 2s});
  const auto soon = queue.enter(2, {kStart, kStart + 1s});
  EXPECT_FALSE(queue.enter(2, {kStart, kStart + 1s}));
  EXPECT_EQ(queue.next_deadline(), kStart + 1s);
  EXPECT_EQ(queue.take_expired(kStart + 1s), (std::vector{*soon}));
  EXPECT_EQ(queue.take_all(), (std::vector{*late}));
  EXPECT_TRUE(queue.empty());
}

// given: the rules below; expect: the named service for each request
TEST(ServiceRoutes, TheMoreSpecialMatchWins) {
  ServiceRoutes routes;
  wire::MatchTable rules;
  rules.stamp = {1, 1};
  rules.matches = {{{"rest"}, "", "", "", ""},
                   {{"api"}, "", "/api", "", ""},
                   {{"api-v2"}, "", "/api/v2/", "", ""},
                   {{"beta"}, "", "", "X-Beta", "yes"},
                   {{"wild"}, "*.example.org", "", "", ""},
                   {{"wilder"}, "*.eu.example.org", "", "", ""},
                   {{"shop"}, "shop.example.org", "/cart", "", ""}};
  ASSERT_TRUE(routes.apply(rules));
  EXPECT_FALSE(routes.apply(rules));
  const auto service = [&](std::string_view host, std::string_view target,
                           std::string_view fields = "") {
    const auto found = routes.find({host, target, fields});
    return found ? routes.services()[*found].text : "none";
  };
  EXPECT_EQ(service("a", "/"), "rest");
  EXPECT_EQ(service("a", "/api"), "api");
  EXPECT_EQ(service("a", "/api?x"), "api");
  EXPECT_EQ(service("a", "/apis"), "rest");
  EXPECT_EQ(service("a", "/api/v2"), "api");
  EXPECT_EQ(service("a", "/api/v2/x"), "api-v2");
  EXPECT_EQ(service("a", "/", "Accept: x\r\nx-beta:  yes \r\n"), "beta");
  EXPECT_EQ(service("a", "/", "x-beta: no\r\n"), "rest");
  EXPECT_EQ(service("X.Example.ORG:80", "/"), "wild");
  EXPECT_EQ(service("example.org", "/"), "rest");
  EXPECT_EQ(service("a.eu.example.org.", "/"), "wilder");
  EXPECT_EQ(service("shop.example.org", "/cart/1"), "shop");
  EXPECT_EQ(service("shop.example.org", "/"), "wild");
}

TEST(ServiceRoutes, AnswersNothingWhenNothingFits) {
  ServiceRoutes routes;
  EXPECT_FALSE(routes.find({"a", "/", ""}));
  wire::MatchTable rules;
  rules.stamp = {1, 1};
  rules.matches = {{{"api"}, "", "/api", "", ""}};
  routes.apply(rules);
  EXPECT_FALSE(routes.find({"a", "/", ""}));
}

TEST(BusyClock, CountsWhatStillRuns) {
  BusyClock clock;
  clock.start(kStart);
  clock.start(kStart + 1s);
  EXPECT_DOUBLE_EQ(clock.seconds(kStart + 3s), 5.0);
  clock.end(kStart + 3s);
  EXPECT_DOUBLE_EQ(clock.seconds(kStart + 4s), 6.0);
  EXPECT_EQ(clock.running(), 1u);
}

TEST(Traffic, AddsUpOverThreads) {
  EndpointSet endpoints;
  endpoints.apply(table(1, {{"a"}}));
  ASSERT_TRUE(endpoints.begin(*endpoints.find({"a"}), kStart));
  HoldQueue queue;
  queue.enter(9, {kStart, kStart + 9s});
  Traffic traffic;
  traffic.arrivals_total = 3;
  traffic.busy.start(kStart);
  traffic.durations.add(30ms);
  traffic.durations.add(7s);
  auto sum = traffic_for({"web"}, traffic, endpoints, queue, kStart + 2s);
  add(sum, sum);
  EXPECT_EQ(sum.arrivals_total, 6u);
  EXPECT_EQ(sum.in_flight, 2u);
  EXPECT_EQ(sum.held, 2u);
  EXPECT_EQ(sum.oldest_held_ms, 2000u);
  EXPECT_DOUBLE_EQ(sum.busy_seconds_total, 4.0);
  DurationCounts twice = traffic.durations;
  twice.merge(traffic.durations);
  EXPECT_EQ(wire::counts_in(sum.durations.value()), twice);
  ASSERT_EQ(sum.endpoints.size(), 1u);
  EXPECT_EQ(sum.endpoints[0].in_flight, 2u);
}

TEST(Traffic, NamesTheOldestTableThatAnyThreadCountedUnder) {
  EndpointSet ahead, behind;
  behind.apply(table(1, {{"a"}}));
  ahead.apply(table(1, {{"a"}}));
  ahead.apply(table(2, {{"a"}}));
  const HoldQueue queue;
  auto sum = traffic_for({"web"}, {}, ahead, queue, kStart);
  add(sum, traffic_for({"web"}, {}, behind, queue, kStart));
  EXPECT_EQ(sum.applied, behind.stamp());
}

}  // namespace
}  // namespace foretide::balancer
