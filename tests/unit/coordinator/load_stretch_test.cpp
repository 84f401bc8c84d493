#include "coordinator/core/load_stretch.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace foretide::coordinator {
namespace {

using namespace std::chrono_literals;

struct Meter {
  StretchMeter meter;
  Instant now = Instant(100s);
  std::vector<LoadStretch> stretches;

  // Half a second, as each of these balancers counts it.
  void pass(const std::vector<std::pair<const char*, LoadShare>>& shares) {
    now += 500ms;
    for (const auto& [balancer, share] : shares) {
      if (const auto stretch = meter.add({balancer}, share, now)) stretches.push_back(*stretch);
    }
  }
};

// So many in flight all the time, of that many seconds each.
LoadShare half_second(double load, double service_seconds) {
  return {.seconds = 0.5,
          .busy_seconds = 0.5 * load,
          .completed = 0.5 * load / service_seconds,
          .arrived = 20.0};
}

TEST(LoadStretch, IsTheMeanOfFiveSeconds) {
  Meter it;
  for (int i = 0; i < 20; ++i) it.pass({{"a", half_second(i % 2 == 0 ? 2.0 : 4.0, 0.1)}});
  ASSERT_EQ(it.stretches.size(), 2u);
  EXPECT_NEAR(it.stretches[0].load, 3.0, 1e-6);
  EXPECT_NEAR(it.stretches[0].service_seconds, 0.1, 1e-6);
  EXPECT_NEAR(it.stretches[0].rate, 40.0, 1e-6);
  EXPECT_EQ(it.stretches[0].ended - it.stretches[0].began, 5s);
  EXPECT_FALSE(it.stretches[0].others_waited);
}

TEST(LoadStretch, AddsUpWhatSeveralBalancersSend) {
  Meter it;
  for (int i = 0; i < 10; ++i) {
    it.pass({{"a", half_second(2.0, 0.1)}, {"b", half_second(1.0, 0.4)}});
  }
  ASSERT_EQ(it.stretches.size(), 1u);
  EXPECT_NEAR(it.stretches[0].load, 3.0, 0.2);
  EXPECT_NEAR(it.stretches[0].rate, 80.0, 5.0);
  EXPECT_NEAR(it.stretches[0].service_seconds, 3.0 / 22.5, 0.01);
}

TEST(LoadStretch, WaitsForRequestsThatTakeLong) {
  Meter it;
  for (int i = 0; i < 100; ++i) it.pass({{"a", half_second(4.0, 10.0)}});
  ASSERT_EQ(it.stretches.size(), 1u);
  EXPECT_GE(it.stretches[0].ended - it.stretches[0].began, 40s);
  EXPECT_NEAR(it.stretches[0].service_seconds, 10.0, 0.1);
}

TEST(LoadStretch, CountsHalfOfWhatWasBegunAndNotEnded) {
  Meter it;
  for (int i = 0; i < 10; ++i) {
    LoadShare share = half_second(2.0, 0.5);
    share.in_flight_change = 0.4;
    it.pass({{"a", share}});
  }
  ASSERT_EQ(it.stretches.size(), 1u);
  EXPECT_NEAR(it.stretches[0].service_seconds, 10.0 / 22.0, 1e-6);
}

// given: nothing for two minutes; a tenth and more failed; one of two balancers fell silent
TEST(LoadStretch, IsDroppedWhereItWouldSayNothing) {
  Meter idle;
  for (int i = 0; i < 300; ++i) idle.pass({{"a", {.seconds = 0.5}}});
  EXPECT_TRUE(idle.stretches.empty());

  Meter failing;
  for (int i = 0; i < 100; ++i) {
    LoadShare share = half_second(2.0, 0.1);
    share.failed = share.completed / 5.0;
    failing.pass({{"a", share}});
  }
  EXPECT_TRUE(failing.stretches.empty());

  Meter half_deaf;
  half_deaf.pass({{"a", half_second(2.0, 0.1)}, {"b", half_second(2.0, 0.1)}});
  for (int i = 0; i < 9; ++i) half_deaf.pass({{"a", half_second(2.0, 0.1)}});
  EXPECT_TRUE(half_deaf.stretches.empty());
}

TEST(LoadStretch, SaysThatOthersWaitedOnlyIfTheyDidAllTheWhile) {
  Meter it;
  for (int i = 0; i < 20; ++i) {
    LoadShare share = half_second(2.0, 0.1);
    share.others_wait = i != 3;
    it.pass({{"a", share}});
  }
  ASSERT_EQ(it.stretches.size(), 2u);
  EXPECT_FALSE(it.stretches[0].others_waited);
  EXPECT_TRUE(it.stretches[1].others_waited);
}

}  // namespace
}  // namespace foretide::coordinator
