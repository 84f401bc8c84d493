#include "agent/core/port_pool.hpp"

#include <gtest/gtest.h>

namespace foretide::agent {
namespace {

TEST(PortPool, PrefersPortsThatWereNeverUsedThenTheOneGivenUpLongestAgo) {
  PortPool pool({100, 102});
  EXPECT_EQ(pool.take(), 100);
  pool.give_back(100);
  EXPECT_EQ(pool.take(), 101);
  pool.give_back(101);
  EXPECT_EQ(pool.take(), 102);
  EXPECT_EQ(pool.take(), 100);
  EXPECT_EQ(pool.take(), 101);
  EXPECT_EQ(pool.take(), std::nullopt);
}

TEST(PortPool, NeverHandsOutAPortInUse) {
  PortPool pool({100, 101});
  pool.claim(100);
  EXPECT_EQ(pool.take(), 101);
  EXPECT_EQ(pool.take(), std::nullopt);
}

TEST(PortPool, RemembersWhatAFormerLifeGaveUp) {
  PortPool pool({100, 102}, {102, 100, 100, 9});
  EXPECT_EQ(pool.given_up_oldest_first(), (std::vector<std::uint16_t>{102, 100}));
  EXPECT_EQ(pool.take(), 101);
  EXPECT_EQ(pool.take(), 102);
}

TEST(PortPool, AClaimedPortIsNoLongerFree) {
  PortPool pool({100, 100}, {100});
  pool.claim(100);
  EXPECT_EQ(pool.take(), std::nullopt);
  pool.give_back(100);
  EXPECT_EQ(pool.take(), 100);
}

TEST(PortPool, WorksUpToTheLastPortThereIs) {
  PortPool pool({65535, 65535});
  EXPECT_EQ(pool.take(), 65535);
  EXPECT_EQ(pool.take(), std::nullopt);
}

}  // namespace
}  // namespace foretide::agent
