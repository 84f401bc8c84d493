// Numbers in sentences.
#include <gmock/gmock.h>

#include "coordinator/core/text.hpp"
#include "core_world.hpp"

namespace foretide::coordinator::story {
namespace {

using namespace std::chrono_literals;

TEST(Counted, IsOneOfOneAndManyOfAllElse) {
  EXPECT_EQ(counted(0, "worker", "workers"), "0 workers");
  EXPECT_EQ(counted(1, "worker", "workers"), "1 worker");
  EXPECT_EQ(counted(5'000'000'000, "request", "requests"), "5000000000 requests");
  EXPECT_EQ(workers_of(1, 8.0), "1 worker of 8");
}

// A worker may serve less than one request in a minute, and then a load is small too.
TEST(LoadText, HasTwoDecimalsAndSmallLoadsTheirFirstDigits) {
  EXPECT_EQ(load_text(12.345), "12.35");
  EXPECT_EQ(load_text(0.5), "0.50");
  EXPECT_EQ(load_text(0.0), "0.00");
  EXPECT_EQ(load_text(0.00213), "0.0021");
}

TEST(Silence, IsToldOfOneWorkerAsOfOne) {
  World world;
  world.start({service_named("web")});
  Agent& node = world.join_agent("node-a");
  world.join_balancer("edge");
  world.pass(12s);
  ASSERT_EQ(world.view("web").ready, 1u);
  node.silent = true;
  world.pass(120s);
  EXPECT_TRUE(
      world.has_notice("node node-a is silent; its 1 worker is left alone and replaced elsewhere"));
}

}  // namespace
}  // namespace foretide::coordinator::story
