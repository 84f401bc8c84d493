#include "common/io/line_limit.hpp"

#include <gtest/gtest.h>

namespace foretide {
namespace {

using namespace std::chrono_literals;

TEST(LineLimit, LetsFiveAlikeThroughAMinuteAndCountsTheRest) {
  LineLimit limit;
  const Instant start{};
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(limit.let_through("worker " + std::to_string(i) + " ended", start + i * 1s), 0u);
  }
  for (int i = 0; i < 37; ++i)
    EXPECT_EQ(limit.let_through("worker 12 ended", start + 30s), std::nullopt);
  EXPECT_EQ(limit.let_through("another line", start + 30s), 0u);
  EXPECT_EQ(limit.let_through("worker 9 ended", start + 61s), 37u);
  EXPECT_EQ(limit.let_through("worker 9 ended", start + 62s), 0u);
}

TEST(LineLimit, ForgetsRatherThanGrows) {
  LineLimit limit;
  for (std::size_t i = 0; i < 10'000; ++i) {
    const std::string line = std::string(i % 100, 'x') + std::string(i / 100, 'y');
    EXPECT_EQ(limit.let_through(line, Instant{}), 0u);
  }
}

TEST(LineLimit, OneEventIsOneLine) {
  EXPECT_EQ(as_one_line("a\nb\tc\x1b[31m\xFF\xC3\xA9"), "a\\nb\\tc\\x1b[31m\xEF\xBF\xBD\xC3\xA9");
}

}  // namespace
}  // namespace foretide
