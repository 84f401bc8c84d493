#include "common/io/shutdown.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "run_until.hpp"

namespace foretide {
namespace {

TEST(Shutdown, TurnsSignalsIntoCalls) {
  boost::asio::io_context io{1};
  int ends = 0, reloads = 0;
  {
    const Shutdown shutdown(
        io, [&] { ++ends; }, [&] { ++reloads; });
    ::kill(::getpid(), SIGHUP);
    ::kill(::getpid(), SIGHUP);
    ASSERT_TRUE(run_until(io, [&] { return reloads >= 1; }));
    ::kill(::getpid(), SIGTERM);
    ASSERT_TRUE(run_until(io, [&] { return ends == 1; }));
  }
  io.restart();
  io.poll();
  EXPECT_EQ(ends, 1);
}

TEST(ShutdownDeathTest, TheSecondRequestDoesNotAsk) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(
      {
        boost::asio::io_context io{1};
        const Shutdown shutdown(io, [] { ::kill(::getpid(), SIGINT); });
        ::kill(::getpid(), SIGTERM);
        io.run();
      },
      testing::ExitedWithCode(130), "");
}

}  // namespace
}  // namespace foretide
