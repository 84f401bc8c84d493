// The queue's orders, and what a client that is refused is told.
#include <gmock/gmock.h>

#include <map>
#include <vector>

#include "balancer/core/hold_queue.hpp"
#include "balancer/core/pace.hpp"

namespace foretide::balancer {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

const Instant kStart{std::chrono::hours(1)};

class FairQueue : public testing::Test {
 protected:
  FairQueue() { queue.set_order(HoldQueue::Order::kFair); }
  HoldQueue::Ticket enter(std::uint64_t client) {
    const auto ticket = queue.enter(1000, {kStart, kStart + 1s, client});
    EXPECT_TRUE(ticket);
    client_of[*ticket] = client;
    return *ticket;
  }
  std::uint64_t serve() {
    const auto first = queue.first();
    EXPECT_TRUE(first);
    queue.leave(*first);
    return client_of[*first];
  }
  std::vector<std::uint64_t> serve_all() {
    std::vector<std::uint64_t> clients;
    while (!queue.empty()) clients.push_back(serve());
    return clients;
  }
  HoldQueue queue;
  std::map<HoldQueue::Ticket, std::uint64_t> client_of;
};

TEST_F(FairQueue, ServesOneOfEachClientInARound) {
  for (const std::uint64_t client : {1, 1, 1, 1, 2, 2, 3}) enter(client);
  EXPECT_THAT(serve_all(), ElementsAre(1, 2, 3, 1, 2, 1, 1));
}

TEST_F(FairQueue, LetsANewcomerInBeforeAThousandOfOneClient) {
  for (int i = 0; i < 999; ++i) enter(1);
  for (int i = 0; i < 10; ++i) serve();
  enter(2);
  EXPECT_EQ(serve(), 2u);
  EXPECT_EQ(serve(), 1u);
}

// Rounds that are over are over for newcomers too.
TEST_F(FairQueue, TakesTurnsWithANewcomerWhoHasManyAsWell) {
  for (int i = 0; i < 6; ++i) enter(1);
  for (int i = 0; i < 3; ++i) serve();
  for (int i = 0; i < 3; ++i) enter(2);
  EXPECT_THAT(serve_all(), ElementsAre(2, 1, 2, 1, 2, 1));
}

// One that has been served and comes again has no credit for it and no debt.
TEST_F(FairQueue, RemembersNothingOfWhoWaitsNoMore) {
  enter(1);
  enter(2);
  EXPECT_EQ(serve(), 1u);
  enter(1);
  EXPECT_EQ(serve(), 2u);
  EXPECT_EQ(serve(), 1u);
  for (int i = 0; i < 3; ++i) enter(1);
  enter(2);
  EXPECT_THAT(serve_all(), ElementsAre(1, 2, 1, 1));
}

TEST_F(FairQueue, KeepsThePlaceOfOneThatComesBack) {
  const auto first = enter(1);
  enter(2);
  queue.leave(first);
  queue.come_back(first, {kStart, kStart + 1s, 1});
  EXPECT_EQ(queue.first(), first);
}

TEST_F(FairQueue, GoesOnWhenClientsLeaveInBetween) {
  const auto a = enter(1);
  enter(2);
  const auto b = enter(1);
  enter(1);
  queue.leave(a);
  queue.leave(b);
  EXPECT_THAT(serve_all(), ElementsAre(2, 1));
  enter(1);
  EXPECT_EQ(serve(), 1u);
}

TEST_F(FairQueue, TakesUpTheOtherOrderForThoseThatEnter) {
  for (const std::uint64_t client : {1, 1, 2}) enter(client);
  queue.set_order(HoldQueue::Order::kFifo);
  EXPECT_THAT(serve_all(), ElementsAre(1, 2, 1));
  for (const std::uint64_t client : {1, 1, 2}) enter(client);
  EXPECT_THAT(serve_all(), ElementsAre(1, 1, 2));
}

TEST(Pace, TellsHowLongItTakesUntilAllAreServed) {
  Pace pace;
  Instant now = kStart;
  for (int i = 0; i < 1000; ++i) pace.ended(now += 20ms);
  EXPECT_NEAR(pace.per_second(now), 50.0, 2.0);
  EXPECT_EQ(pace.until_served(400, now), 8s);
  EXPECT_EQ(pace.until_served(1, now), 1s) << "never at once";
  EXPECT_EQ(pace.until_served(1'000'000, now), 120s) << "nor in an hour";
}

TEST(Pace, IsKnownSoonAfterTheBeginning) {
  Pace pace;
  Instant now = kStart;
  for (int i = 0; i < 20; ++i) pace.ended(now += 50ms);
  EXPECT_NEAR(pace.per_second(now), 20.0, 4.0);
}

TEST(Pace, SlowsDownWhenNothingEnds) {
  Pace pace;
  Instant now = kStart;
  for (int i = 0; i < 1000; ++i) pace.ended(now += 20ms);
  EXPECT_LT(pace.per_second(now + 20s), 10.0);
}

TEST(Pace, IsAGuessBeforeAnythingHasEnded) {
  EXPECT_EQ(Pace().until_served(400, kStart), 5s);
}

}  // namespace
}  // namespace foretide::balancer
