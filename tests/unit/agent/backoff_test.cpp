#include "agent/core/backoff.hpp"

#include <gtest/gtest.h>

namespace foretide::agent {
namespace {

using std::chrono::seconds;

TEST(Backoff, DoublesFromOneSecondToAMinute) {
  const int expected[] = {1, 2, 4, 8, 16, 32, 60, 60, 60};
  for (std::uint32_t failures = 1; failures <= 9; ++failures) {
    EXPECT_EQ(backoff_for(failures, 0.0), seconds(expected[failures - 1])) << failures;
  }
  EXPECT_EQ(backoff_for(4'000'000'000U, 0.0), seconds(60));
}

TEST(Backoff, JitterAddsUpToAQuarterAndNeverShortens) {
  EXPECT_EQ(backoff_for(1, 1.0), std::chrono::milliseconds(1250));
  EXPECT_EQ(backoff_for(7, 1.0), seconds(75));
  EXPECT_GE(backoff_for(3, 0.3), backoff_for(3, 0.0));
  EXPECT_EQ(backoff_for(1, -5.0), seconds(1));
}

}  // namespace
}  // namespace foretide::agent
