// Choosing by load: what is learned of workers, and what follows from it.
#include <gmock/gmock.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/balancer/farm.hpp"

namespace foretide::balancer {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{std::chrono::hours(1)};

// ---- speed ----

class Speeds : public testing::Test {
 protected:
  void serve(Speed& speed, double seconds, int times = 1) {
    for (int i = 0; i < times; ++i) {
      service.learn(std::log(seconds));
      speed.learn(std::log(seconds), now);
      now += 10ms;
    }
  }
  ServiceTime service;
  Instant now = kStart;
};

TEST_F(Speeds, OfAStrangerIsThatOfTheOthers) {
  Speed known, stranger;
  serve(known, 0.020, 100);
  EXPECT_EQ(stranger.relative(service, now), 1.0);
}

TEST_F(Speeds, WithinAQuarterAreTheSame) {
  Speed one, other;
  for (int i = 0; i < 50; ++i) {
    serve(one, 0.020);
    serve(other, 0.028);
  }
  EXPECT_EQ(one.relative(service, now), 1.0);
  EXPECT_EQ(other.relative(service, now), 1.0);
}

TEST_F(Speeds, AreBelievedAfterTenSlowAnswersAndNotAfterOne) {
  Speed fast, slow;
  serve(fast, 0.020, 200);
  serve(slow, 0.060);
  EXPECT_LT(slow.relative(service, now), 1.5) << "one may be chance";
  serve(slow, 0.060, 9);
  EXPECT_GT(slow.relative(service, now), 1.8);
  EXPECT_LT(slow.relative(service, now), 3.0) << "others still weigh in";
}

TEST_F(Speeds, AreForgottenWhenNothingIsHeardForSeconds) {
  Speed fast, slow;
  serve(fast, 0.020, 200);
  serve(slow, 0.060, 20);
  const double before = slow.relative(service, now);
  EXPECT_LT(slow.relative(service, now + 2s), before);
  EXPECT_EQ(slow.relative(service, now + 10s), 1.0);
}

TEST_F(Speeds, TurnWithinTheLastSixteenAnswers) {
  Speed fast, changing;
  for (int i = 0; i < 300; ++i) serve(fast, 0.020);
  serve(changing, 0.100, 40);
  ASSERT_GT(changing.relative(service, now), 3.0);
  serve(changing, 0.020, 24);
  EXPECT_LT(changing.relative(service, now), 1.5);
}

// ---- how many at once ----

Farm farm_of(std::size_t workers, std::uint32_t slots) {
  return Farm(std::vector<Farm::Worker>(workers, Farm::Worker{.slots = slots}));
}

TEST(AtOnce, IsLearnedOfWorkersThatServeOneAfterTheOther) {
  Farm farm = farm_of(8, 1);
  farm.run(2.0, 300);  // of 400 that they can do
  EXPECT_EQ(farm.set.load().at_once(), 1u);
  for (const auto& endpoint : farm.set.endpoints()) EXPECT_LE(endpoint->in_flight, 1u);
}

TEST(AtOnce, IsLearnedOfWorkersThatServeThree) {
  Farm farm = farm_of(8, 3);
  farm.run(4.0, 900);
  EXPECT_EQ(farm.set.load().at_once(), 3u);
}

TEST(AtOnce, IsLearnedWhereAllTakeTheSameTime) {
  Farm farm = farm_of(8, 1);
  farm.times = Farm::Times::kEqual;
  farm.run(2.0, 300);
  EXPECT_EQ(farm.set.load().at_once(), 1u);
}

TEST(AtOnce, HasNoLimitWhereWorkersServeManySideBySide) {
  for (const auto times : {Farm::Times::kVaried, Farm::Times::kEqual}) {
    Farm farm = farm_of(4, 1000);
    farm.times = times;
    farm.run(10.0, 800);
    EXPECT_EQ(farm.set.load().at_once(), std::nullopt);
    EXPECT_EQ(farm.held(), 0u);
  }
}

TEST(AtOnce, IsNotLimitedBelowTwoMilliseconds) {
  ServiceTime service;
  Concurrency concurrency;
  const Overlap behind_another{.before = 1, .left = 0, .seconds = 0.002, .since = {0.001}};
  for (int i = 0; i < 200; ++i) {
    service.learn(std::log(0.001));
    concurrency.learn(behind_another, std::log(0.001), service, kStart);
  }
  EXPECT_EQ(concurrency.limit(), std::nullopt);
}

// A new release that serves eight at once takes the place of one that served one.
TEST(AtOnce, IsGivenUpWhenWorkersShowThatTheyCanDoMore) {
  Farm farm = farm_of(4, 1);
  farm.run(3.0, 150);
  ASSERT_EQ(farm.set.load().at_once(), 1u);
  for (std::size_t i = 0; i < 4; ++i) farm.worker(i).slots = 8;
  farm.run(8.0, 800);
  EXPECT_EQ(farm.set.load().at_once(), std::nullopt);
  EXPECT_LT(farm.held(), 10u);
  const auto before = farm.served;
  farm.run(2.0, 800);
  EXPECT_NEAR(static_cast<double>(farm.served - before), 1600.0, 200.0) << "all that is asked for";
}

TEST(AtOnce, TakesTheSmallerOfWhatIsLearnedAndWhatIsSaid) {
  wire::TrafficPolicy policy;
  policy.hard_capacity = 50;
  Farm farm(std::vector<Farm::Worker>(8), policy);
  farm.run(2.0, 300);
  EXPECT_EQ(farm.set.load().at_once(), 1u);
}

// given: a, b, c at one worker in this order; expect: what is told of each when it ends
TEST(Overlaps, TellWhatWasThereAndWhatIsLeft) {
  Overlaps at;
  const Instant a = kStart, b = kStart + 1ms, c = kStart + 2ms;
  for (const Instant began : {a, b, c}) at.begin(began);
  const auto first = at.end(b, kStart + 10ms);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->before, 1u);
  EXPECT_EQ(first->left, 1u) << "it overtook a";
  const auto second = at.end(a, kStart + 20ms);
  EXPECT_EQ(second->before, 0u);
  const auto third = at.end(c, kStart + 50ms);
  EXPECT_EQ(third->before, 2u);
  EXPECT_EQ(third->left, 0u);
  EXPECT_DOUBLE_EQ(third->seconds, 0.048);
  EXPECT_DOUBLE_EQ(third->since[1], 0.040) << "since one was left";
  EXPECT_DOUBLE_EQ(third->since[0], 0.030) << "since none was";
}

TEST(Overlaps, AreNotCertainBehindOneThatWasNotServed) {
  Overlaps at;
  at.begin(kStart);
  at.begin(kStart + 1ms);
  at.drop(kStart);
  EXPECT_FALSE(at.end(kStart + 1ms, kStart + 9ms)->is_certain);
}

TEST(Overlaps, LookAgainOnceThoseThatWereNotSeenHaveEnded) {
  Overlaps at;
  for (int i = 0; i < 9; ++i) at.begin(kStart + i * 1ms);
  at.end(kStart, kStart + 20ms);
  at.begin(kStart + 21ms);
  EXPECT_FALSE(at.end(kStart + 21ms, kStart + 22ms)->is_certain) << "the ninth may be before it";
  EXPECT_FALSE(at.end(kStart + 8ms, kStart + 23ms)) << "the ninth was not seen";
  at.begin(kStart + 24ms);
  EXPECT_TRUE(at.end(kStart + 24ms, kStart + 30ms)->is_certain);
}

// ---- waiting for a fast one ----

class SlowAndFast : public testing::Test {
 protected:
  // Three fast workers and one three times as slow, known to be so, one request at a time.
  SlowAndFast() {
    wire::ServiceTable table;
    table.stamp = {1, 1};
    table.policy.hard_capacity = 1;
    for (const char* id : {"slow", "f1", "f2", "f3"}) {
      table.endpoints.push_back({.id = {id}, .address = {"10.0.0.1", 80}});
    }
    set.apply(table);
    for (int i = 0; i < 40; ++i) {
      for (const auto& endpoint : set.endpoints()) {
        EXPECT_TRUE(set.begin(*endpoint, now));
        const auto took = endpoint->id.text == "slow" ? 60ms : 20ms;
        set.finish(*endpoint, Finish::kCompleted, now, now + took);
      }
    }
    for (const char* id : {"f1", "f2", "f3"}) EXPECT_TRUE(set.begin(*set.find({id}), now));
    // Beside all four, of which the slow one is a quarter, it takes about 2.2 times as long.
    relative = set.load().relative_seconds(*set.find({"slow"}), now);
    EXPECT_GT(relative, 1.5);
  }
  Endpoint* choose(std::uint32_t waiting, Duration waited = {}) {
    return picker.pick(set, {.waiting = waiting, .in_flight = 3, .waited = waited}, now);
  }
  EndpointSet set;
  Picker picker;
  Instant now = kStart;
  double relative = 0.0;
};

TEST_F(SlowAndFast, LeaveTheSlowOneIdleUntilEnoughWait) {
  const auto enough = static_cast<std::uint32_t>(std::ceil((relative - 1.0) * 3));
  EXPECT_EQ(choose(enough - 1), nullptr);
  EXPECT_EQ(choose(enough), set.find({"slow"}));
}

TEST_F(SlowAndFast, AreNotWaitedForLongerThanTheSlowOneWouldCost) {
  const Instant again = set.load().look_again(now);
  EXPECT_EQ(choose(1), nullptr);
  EXPECT_LT(set.load().look_again(now), again) << "somebody has to look again";
  EXPECT_EQ(choose(1, set.load().look_again(now) - now), set.find({"slow"}));
}

TEST_F(SlowAndFast, GiveTheFastOneFirst) {
  set.finish(*set.find({"f2"}), Finish::kCompleted, now, now + 20ms);
  EXPECT_EQ(choose(100), set.find({"f2"}));
}

TEST_F(SlowAndFast, TakeTheSlowOneWhenNothingElseIsServed) {
  EXPECT_EQ(picker.pick(set, {.waiting = 1, .in_flight = 0}, now), set.find({"slow"}));
}

TEST_F(SlowAndFast, TakeTheSlowOneForWhoMayNotWait) {
  const Asked asked{.waiting = 1, .in_flight = 3, .may = Asked::May::kNotWait};
  EXPECT_EQ(picker.pick(set, asked, now), set.find({"slow"}));
}

TEST(LeastLoad, FollowsAWorkerThatTurnsSlowWithinASecond) {
  Farm farm(std::vector<Farm::Worker>(8));
  farm.run(3.0, 300);
  farm.worker(0).slower = 4.0;
  farm.run(1.0, 300);
  EXPECT_GT(farm.set.load().relative_seconds(*farm.set.endpoints()[0], farm.now()), 1.5);
  const auto before = farm.worker(0).served;
  farm.run(2.0, 250);
  EXPECT_LT(farm.worker(0).served - before, 35u) << "an even share were 62";
  farm.worker(0).slower = 1.0;
  farm.run(8.0, 300);
  const auto later = farm.worker(0).served;
  farm.run(6.0, 300);
  EXPECT_GT(farm.worker(0).served - later, 170u) << "an even share is 225";
}

// A worker that has just joined has the fewest requests, and still does not get all that come.
TEST(LeastLoad, StartsAWorkerThatJoinsOthersSlowly) {
  Farm farm = farm_of(4, 1000);
  farm.run(3.0, 2000);
  ASSERT_EQ(farm.set.load().at_once(), std::nullopt);
  farm.join({.slots = 1000});
  const auto share_of = [&](double seconds) {
    const auto before = farm.served, own = farm.worker(4).served;
    farm.run(seconds, 2000);
    return static_cast<double>(farm.worker(4).served - own) /
           static_cast<double>(farm.served - before);
  };
  EXPECT_LT(share_of(0.5), 0.08);
  EXPECT_GT(share_of(1.0), 0.01);
  share_of(9.0);
  EXPECT_NEAR(share_of(2.0), 0.2, 0.04);
}

TEST(LeastLoad, DoesNotFavourAWorkerThatAnswersErrorsQuickly) {
  EndpointSet set;
  wire::ServiceTable table;
  table.stamp = {1, 1};
  for (const char* id : {"good", "broken"}) {
    table.endpoints.push_back({.id = {id}, .address = {"10.0.0.1", 80}});
  }
  set.apply(table);
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(set.begin(*set.find({"good"}), kStart));
    set.finish(*set.find({"good"}), Finish::kCompleted, kStart, kStart + 50ms);
    ASSERT_TRUE(set.begin(*set.find({"broken"}), kStart));
    set.finish(*set.find({"broken"}), Finish::kAnsweredError, kStart, kStart + 1ms);
  }
  EXPECT_EQ(set.load().relative_seconds(*set.find({"broken"}), kStart), 1.0);
}

// ---- what makes it cheap ----

TEST(Ranking, AlwaysNamesTheLowest) {
  std::mt19937 random(7);
  for (const std::size_t size : {1u, 2u, 3u, 16u, 1000u}) {
    Ranking ranking;
    ranking.resize(size);
    EXPECT_EQ(ranking.lowest(), std::nullopt);
    std::vector<Ranking::Key> keys(size, Ranking::kNever);
    for (int i = 0; i < 3000; ++i) {
      const std::size_t at = random() % size;
      keys[at] = random() % 8 == 0 ? Ranking::kNever : random() % 50;
      ranking.set(at, keys[at]);
      const auto lowest = std::min_element(keys.begin(), keys.end());
      if (*lowest == Ranking::kNever) {
        EXPECT_EQ(ranking.lowest(), std::nullopt);
      } else {
        EXPECT_EQ(ranking.lowest(), static_cast<std::size_t>(lowest - keys.begin()));
      }
    }
  }
}

TEST(FreedPlaces, TellThoseWhoWantToKnowOnceAndNotOneself) {
  FreedPlaces freed(3);
  std::vector<std::uint32_t> told;
  const auto take = [&](std::uint32_t thread) {
    told.clear();
    freed.take(thread, [&](std::uint32_t endpoint) { told.push_back(endpoint); });
    return told;
  };
  freed.tell_others(5, 0);
  EXPECT_TRUE(take(1).empty()) << "it did not ask";
  freed.want(1);
  freed.want(0);
  freed.tell_others(700, 0);
  freed.tell_others(3, 0);
  EXPECT_EQ(take(1), (std::vector<std::uint32_t>{3, 700}));
  EXPECT_TRUE(take(1).empty());
  EXPECT_TRUE(take(0).empty());
  EXPECT_TRUE(take(2).empty());
}

// Two threads that serve the same endpoints "0", "1" and so on, one request at a time at each.
struct TwoThreads {
  explicit TwoThreads(std::uint32_t endpoints, std::uint32_t first_number = 0) {
    table.stamp = {1, 1};
    table.policy.hard_capacity = 1;
    for (std::uint32_t i = 0; i < endpoints; ++i) {
      table.endpoints.push_back({.id = {std::to_string(i)}, .address = {"10.0.0.1", 80}});
      slots.push_back(std::make_shared<Slots>());
      slots.back()->number = first_number + i;
    }
  }
  void take_table(EndpointSet& set) {
    set.apply(table);
    for (std::size_t i = 0; i < slots.size(); ++i) set.endpoints()[i]->slots = slots[i];
    set.share(&freed, &set == &one ? 0 : 1);
  }
  void fill_by_other() {
    for (const auto& endpoint : other.endpoints()) EXPECT_TRUE(other.begin(*endpoint, kStart));
  }
  // Whether `one`, which finds all full, takes what the other gives back.
  void expect_given_back_is_taken(const WorkerId& id) {
    EXPECT_EQ(picker.pick(one, {}, kStart), nullptr);
    other.finish(*other.find(id), Finish::kCompleted, kStart, kStart + 1ms);
    EXPECT_EQ(picker.pick(one, {}, kStart + 1ms), one.find(id));
  }

  wire::ServiceTable table;
  std::vector<std::shared_ptr<Slots>> slots;
  FreedPlaces freed{2};
  EndpointSet one, other;
  Picker picker;
};

// The thread saw it full already as it took the table up, so that it never met it while choosing.
TEST(EndpointSet, LooksAgainAtWhatWasFullWhenItsTableCame) {
  TwoThreads threads(1);
  threads.take_table(threads.other);
  threads.fill_by_other();
  threads.take_table(threads.one);
  threads.expect_given_back_is_taken({"0"});
}

// One of fifty that another thread filled after both took the table up.
void take_what_another_gave_back(std::uint32_t first_number) {
  TwoThreads threads(50, first_number);
  threads.take_table(threads.one);
  threads.take_table(threads.other);
  threads.fill_by_other();
  threads.expect_given_back_is_taken({"33"});
}

TEST(EndpointSet, LooksAgainAtWhatOthersFilledOnceTheyGiveAPlaceBack) {
  take_what_another_gave_back(0);
}

TEST(EndpointSet, LooksAgainAtAllThatShareABit) {
  take_what_another_gave_back(FreedPlaces::kEndpointsMost - 20);
}

}  // namespace
}  // namespace foretide::balancer
