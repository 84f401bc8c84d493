// Endpoints that fail, or are said to be ill, and what protects those that are left.
#include <gtest/gtest.h>

#include <string>

#include "balancer/core/picker.hpp"
#include "balancer/core/traffic.hpp"

namespace foretide::balancer {
namespace {

using namespace std::chrono_literals;
using Balance = wire::TrafficPolicy::Balance;

class Healths : public testing::Test {
 protected:
  void apply(std::size_t endpoints) {
    wire::ServiceTable table;
    table.stamp = {1, ++revision_};
    table.policy = policy;
    for (std::size_t i = 0; i < endpoints; ++i) {
      table.endpoints.push_back({.id = {std::to_string(i)}, .address = {"10.0.0.1", 80}});
    }
    EXPECT_TRUE(set.apply(table).accepted);
  }
  Endpoint& endpoint(int id) { return *set.find(WorkerId{std::to_string(id)}); }
  void request(int id, Finish how, Duration took = 10ms) {
    ASSERT_TRUE(set.begin(endpoint(id), now));
    const Instant began = now;
    now += took;
    set.finish(endpoint(id), how, began, now);
  }
  void fail(int id, int times = 5) {
    for (int i = 0; i < times; ++i) request(id, Finish::kFailed);
  }
  bool takes(int id) { return set.can_take(endpoint(id), now); }
  // Who is chosen in so many requests.
  int chosen(int id, int requests = 40) {
    int times = 0;
    for (int i = 0; i < requests; ++i) {
      Endpoint* endpoint = picker.pick(set, {}, now);
      if (endpoint == nullptr) continue;
      times += endpoint->id.text == std::to_string(id);
      EXPECT_TRUE(set.begin(*endpoint, now));
      set.finish(*endpoint, Finish::kReturned, now, now);
    }
    return times;
  }

  EndpointSet set;
  Picker picker;
  wire::TrafficPolicy policy;
  Instant now{std::chrono::hours(1)};

 private:
  std::uint64_t revision_ = 0;
};

TEST_F(Healths, SendAwayWhoFailsFiveInARow) {
  apply(3);
  fail(0, 4);
  EXPECT_TRUE(takes(0));
  request(0, Finish::kCompleted);
  fail(0, 4);
  EXPECT_TRUE(takes(0)) << "not in a row";
  fail(0, 1);
  EXPECT_FALSE(takes(0));
  EXPECT_EQ(chosen(0), 0);
  now += 5s;
  EXPECT_TRUE(takes(0));
  chosen(0, 1);
  now += 10s;  // it starts slowly
  EXPECT_GT(chosen(0), 0);
}

TEST_F(Healths, SendAwayForLongerEachTimeAndForgive) {
  apply(3);
  fail(0);
  now += 5s;
  fail(0);
  now += 9s;
  EXPECT_FALSE(takes(0)) << "ten seconds the second time";
  now += 1s;
  EXPECT_TRUE(takes(0));
  now += 10s;
  request(0, Finish::kCompleted);  // has behaved as long as it was away
  fail(0);
  now += 9s;
  EXPECT_FALSE(takes(0));
  now += 1s;
  EXPECT_TRUE(takes(0)) << "ten seconds again, not twenty";
}

TEST_F(Healths, SendAwayWhoAnswersErrorsWhereOthersAnswerWell) {
  apply(3);
  for (int i = 0; i < 4; ++i) request(0, Finish::kAnsweredError);
  for (int i = 0; i < 20; ++i) request(0, Finish::kReturned);
  EXPECT_TRUE(takes(0));
  request(0, Finish::kAnsweredError);
  EXPECT_FALSE(takes(0));
}

TEST_F(Healths, KeepWhoAnswersErrorsWhereAllDo) {
  apply(3);
  for (int i = 0; i < 40; ++i) {
    for (int id = 0; id < 3; ++id) request(id, Finish::kAnsweredError);
  }
  for (int id = 0; id < 3; ++id) EXPECT_TRUE(takes(id));
}

TEST_F(Healths, KeepTwoThirdsWhateverTheyShow) {
  apply(6);
  for (int id = 0; id < 6; ++id) fail(id);
  int left = 0;
  for (int id = 0; id < 6; ++id) left += takes(id);
  EXPECT_EQ(left, 4);
}

TEST_F(Healths, NeverSendTheOnlyOneAway) {
  apply(1);
  fail(0, 50);
  EXPECT_TRUE(takes(0));
  apply(2);
  fail(0, 50);
  fail(1, 50);
  EXPECT_TRUE(takes(0) != takes(1)) << "of two, one";
}

TEST_F(Healths, CanBeSwitchedOff) {
  policy.eject = false;
  apply(3);
  fail(0, 50);
  EXPECT_TRUE(takes(0));
}

TEST_F(Healths, SendAwayWhoIsFarSlowerWhereRequestsGoInTurn) {
  policy.balance = Balance::kRoundRobin;
  apply(6);
  for (int i = 0; i < 30; ++i) {
    for (int id = 0; id < 6; ++id) {
      if (takes(id)) request(id, Finish::kCompleted, id == 0 ? 400ms : 10ms);
    }
    if (!takes(0)) break;
  }
  EXPECT_FALSE(takes(0));
  for (int id = 1; id < 6; ++id) EXPECT_TRUE(takes(id));
}

TEST_F(Healths, AreLearnedAnewAtAnotherAddress) {
  apply(3);
  fail(0);
  ASSERT_FALSE(takes(0));
  wire::ServiceTable moved;
  moved.stamp = {2, 1};
  moved.endpoints = {{.id = {"0"}, .address = {"10.0.0.9", 80}}};
  set.apply(moved);
  EXPECT_TRUE(takes(0));
}

// ---- what probes say ----

TEST_F(Healths, GiveNothingToWhoAnswersProbesBadly) {
  policy.ready_probe = wire::ReadyProbe{};
  apply(3);
  set.set_health({"1"}, Health::kBad);
  EXPECT_FALSE(takes(1));
  EXPECT_EQ(chosen(1), 0);
  apply(3);
  EXPECT_FALSE(takes(1)) << "a new table is no answer to a probe";
  set.set_health({"1"}, Health::kGood);
  EXPECT_GT(chosen(1), 0);
}

// The prober begins anew with one that is called back, and would never tell that it is good.
TEST_F(Healths, AreGoodForAnEndpointThatIsCalledBack) {
  policy.ready_probe = wire::ReadyProbe{};
  apply(3);
  set.set_health({"1"}, Health::kBad);
  wire::ServiceTable draining;
  draining.stamp = {2, 1};
  draining.policy = policy;
  draining.endpoints = {
      {.id = {"1"}, .address = {"10.0.0.1", 80}, .state = wire::EndpointState::kDraining}};
  wire::ServiceTable back = draining;
  back.stamp = {2, 2};
  back.endpoints.front().state = wire::EndpointState::kActive;
  set.apply(draining);
  set.apply(back);
  EXPECT_TRUE(takes(1));

  set.set_health({"1"}, Health::kBad);
  ASSERT_FALSE(takes(1));
  back.stamp = {2, 3};
  back.removed = true;
  set.apply(back);
  back.stamp = {2, 4};
  back.removed = false;
  set.apply(back);
  EXPECT_TRUE(takes(1)) << "its service was away";
}

TEST_F(Healths, UseAllWhenMoreThanHalfAreSaidToBeIll) {
  policy.ready_probe = wire::ReadyProbe{};
  apply(4);
  set.set_health({"0"}, Health::kBad);
  set.set_health({"1"}, Health::kBad);
  EXPECT_FALSE(takes(0));
  EXPECT_FALSE(set.all_are_needed());
  set.set_health({"2"}, Health::kBad);
  EXPECT_TRUE(set.all_are_needed());
  for (int id = 0; id < 4; ++id) EXPECT_GT(chosen(id), 0) << id;
  set.set_health({"2"}, Health::kGood);
  EXPECT_FALSE(takes(0));
}

TEST_F(Healths, CountBothWaysToBeOutTogether) {
  policy.ready_probe = wire::ReadyProbe{};
  apply(4);
  set.set_health({"0"}, Health::kBad);
  set.set_health({"1"}, Health::kBad);
  fail(2);
  EXPECT_TRUE(set.all_are_needed());
  EXPECT_TRUE(takes(2));
  now += 5s;
  chosen(3, 1);  // somebody looks at the time
  EXPECT_FALSE(set.all_are_needed());
  EXPECT_FALSE(takes(0));
}

TEST_F(Healths, AreGoodWhereNobodyProbes) {
  policy.ready_probe = wire::ReadyProbe{};
  apply(3);
  set.set_health({"1"}, Health::kBad);
  policy.ready_probe.reset();
  apply(3);
  EXPECT_TRUE(takes(1));
}

// given: answers in turn; expect: health after each, with three bad and two good in a row
TEST(ProbeRecord, ChangesAfterSoManyInARow) {
  ProbeRecord record;
  const ProbeRecord::Thresholds thresholds{.healthy = 2, .unhealthy = 3};
  const std::string answers = "bbgbbbgbgg";
  const std::string expect_ =
      "ggggg"
      "bbbbg";
  std::string health;
  int changes = 0;
  for (const char answer : answers) {
    changes += record.take(answer == 'g' ? Health::kGood : Health::kBad, thresholds);
    health += record.health() == Health::kGood ? 'g' : 'b';
  }
  EXPECT_EQ(health, expect_);
  EXPECT_EQ(changes, 2);
}

TEST_F(Healths, AreSeenByThoseWhoWatch) {
  apply(4);
  const auto seen = [&](int id) {
    return sight_of({}, set, now).endpoints.at({std::to_string(id)});
  };
  fail(0);
  set.set_health({"1"}, Health::kBad);
  ASSERT_TRUE(set.begin(endpoint(2), now));
  set.refused(endpoint(2), now, NoConnection::kRefused);
  set.finish(endpoint(2), Finish::kReturned, now, now);
  for (const int id : {0, 1, 2}) EXPECT_EQ(seen(id), Sight::kOut) << id;
  EXPECT_EQ(seen(3), Sight::kOpen);
  set.set_health({"1"}, Health::kGood);
  set.connected(endpoint(2));
  now += 5s;
  for (const int id : {0, 1, 2}) EXPECT_EQ(seen(id), Sight::kOpen) << id;
  endpoint(3).state = wire::EndpointState::kDraining;
  EXPECT_EQ(seen(3), Sight::kDraining);
}

TEST(Sights, AreThoseOfTheThreadThatThinksTheLeastOfIt) {
  ServiceSight sum{.endpoints = {{{"a"}, Sight::kOut}, {{"b"}, Sight::kOpen}}, .retries_total = 1};
  add(sum, {.endpoints = {{{"a"}, Sight::kOpen}, {{"b"}, Sight::kOut}, {{"c"}, Sight::kOpen}},
            .retries_total = 2});
  const std::map<WorkerId, Sight> expected{
      {{"a"}, Sight::kOut}, {{"b"}, Sight::kOut}, {{"c"}, Sight::kOpen}};
  EXPECT_EQ(sum.endpoints, expected);
  EXPECT_EQ(sum.retries_total, 3);
}

}  // namespace
}  // namespace foretide::balancer
