#include "balancer/io/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace foretide::balancer {
namespace {

using namespace std::chrono_literals;

const Instant kStart{std::chrono::hours(5)};

struct Bell {
  Bell() : timer([](void* owner) { ++static_cast<Bell*>(owner)->rung; }, this) {}
  int rung = 0;
  Timer timer;
};

TEST(TimerWheel, FiresOnceAtItsDeadlineOrATickLater) {
  TimerWheel wheel(kStart);
  Bell bell;
  wheel.set(bell.timer, kStart + 100ms);
  wheel.advance(kStart + 99ms);
  EXPECT_EQ(bell.rung, 0);
  wheel.advance(kStart + 100ms + 2 * 8389us);
  EXPECT_EQ(bell.rung, 1);
  wheel.advance(kStart + 10s);
  EXPECT_EQ(bell.rung, 1);
}

TEST(TimerWheel, FollowsADeadlineThatMovesEitherWay) {
  TimerWheel wheel(kStart);
  Bell later, sooner, cleared;
  wheel.set(later.timer, kStart + 50ms);
  wheel.set(later.timer, kStart + 500ms);
  wheel.set(sooner.timer, kStart + 500ms);
  wheel.set(sooner.timer, kStart + 50ms);
  wheel.set(cleared.timer, kStart + 50ms);
  cleared.timer.clear();
  wheel.advance(kStart + 100ms);
  EXPECT_EQ(later.rung, 0);
  EXPECT_EQ(sooner.rung, 1);
  wheel.advance(kStart + 600ms);
  EXPECT_EQ(later.rung, 1);
  EXPECT_EQ(cleared.rung, 0);
}

TEST(TimerWheel, SleepsUntilTheNextAndNoLonger) {
  TimerWheel wheel(kStart);
  EXPECT_GT(wheel.idle_for(kStart), 8s);
  Bell bell;
  wheel.set(bell.timer, kStart + 1s);
  const auto idle = wheel.idle_for(kStart);
  EXPECT_GE(idle, 1s);
  EXPECT_LT(idle, 1s + 3 * 8389us);
}

TEST(TimerWheel, AgreesWithAListOfDeadlines) {
  std::mt19937 random(3);
  TimerWheel wheel(kStart);
  constexpr std::size_t kCount = 200;
  std::vector<Bell> bells(kCount);
  std::vector<Instant> deadlines(kCount, Instant::max());
  std::vector<int> expected(kCount, 0);
  Instant now = kStart;
  for (int step = 0; step < 20'000; ++step) {
    const auto i = random() % kCount;
    deadlines[i] = now + std::chrono::milliseconds(random() % (random() % 10 ? 300 : 30'000));
    wheel.set(bells[i].timer, deadlines[i]);
    now += std::chrono::microseconds(random() % (random() % 100 ? 5'000 : 12'000'000));
    wheel.advance(now);
    for (std::size_t k = 0; k < kCount; ++k) {
      ASSERT_LE(bells[k].rung, expected[k] + (deadlines[k] <= now ? 1 : 0)) << "too early";
      if (deadlines[k] <= now - 3 * 8389us) {
        ASSERT_EQ(bells[k].rung, expected[k] + 1) << "too late";
      }
      if (bells[k].rung > expected[k]) {
        expected[k] = bells[k].rung;
        deadlines[k] = Instant::max();
      }
    }
  }
}

}  // namespace
}  // namespace foretide::balancer
