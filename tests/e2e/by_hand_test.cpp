// What an operator orders by hand through the admin API, on real processes under traffic: a pause,
// a node's drain, a node's removal.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/e2e/cluster.hpp"
#include "tests/e2e/traffic.hpp"

namespace foretide::e2e {
namespace {

std::string service(const std::string& scale) {
  return "  web:\n    command: " + program("example-worker") +
         " --host {host} --port {port} --slots 4 --service-time 10ms\n"
         "    capacity: {soft: 4}\n    scale: {" +
         scale + "}\n";
}

std::size_t workers_on(Cluster& cluster, const std::string& node) {
  std::size_t count = 0;
  const auto service = cluster.service("web");
  for (const auto& worker : service["workers"]) {
    count += worker["node"] == node && worker["state"] == "ready" ? 1 : 0;
  }
  return count;
}

TEST(ByHand, ADrainMovesANodesWorkersUnderTrafficAndLosesNoRequest) {
  Cluster cluster(service("min: 4, max: 6"));
  cluster.start_all();
  ASSERT_TRUE(cluster.eventually_ready("web", 4));
  Traffic traffic(cluster.traffic(), "/", 4);
  traffic.clients(4);
  ASSERT_TRUE(eventually([&] { return traffic.answered() > 200; }));

  ASSERT_EQ(cluster.call("POST", "/v1/nodes/node-a/drain"), 200);
  EXPECT_TRUE(eventually([&] {
    return workers_on(cluster, "node-a") == 0 && workers_on(cluster, "node-b") >= 4;
  })) << cluster.service("web");
  // The order outlives the coordinator.
  cluster.kill("coordinator");
  cluster.start_coordinator();
  EXPECT_TRUE(cluster.get("/v1/nodes")["nodes"][0]["draining"]);
  ASSERT_EQ(cluster.call("POST", "/v1/nodes/node-a/drain", R"({"draining": false})"), 200);
  const Tally tally = traffic.stop();
  EXPECT_EQ(tally.failed, 0u) << testing::PrintToString(tally.failures);
}

TEST(ByHand, APausedServiceKeepsItsCountUntilItIsResumed) {
  Cluster cluster(service("min: 1, max: 4, down: {window: 2s}"));
  cluster.start_all();
  ASSERT_TRUE(cluster.eventually_ready("web", 1));
  ASSERT_EQ(cluster.call("POST", "/v1/services/web/pause"), 200);
  Traffic traffic(cluster.traffic(), "/", 16);
  traffic.clients(16);
  // Demand that asks for more is seen, and changes nothing.
  EXPECT_TRUE(eventually([&] {
    const auto web = cluster.service("web");
    return web["demand"].is_number() && web["demand"] > 8.0;
  }));
  EXPECT_EQ(cluster.service("web")["desired"], 1);
  ASSERT_EQ(cluster.call("POST", "/v1/services/web/resume"), 200);
  EXPECT_TRUE(eventually([&] { return cluster.ready("web") > 1; }));
  const Tally tally = traffic.stop();
  EXPECT_EQ(tally.failed, 0u) << testing::PrintToString(tally.failures);
}

TEST(ByHand, ARemovedNodeIsAStrangerAndItsWorkersAreReplaced) {
  Cluster cluster(service("min: 4, max: 6"));
  cluster.start_all();
  ASSERT_TRUE(cluster.eventually_ready("web", 4));
  Traffic traffic(cluster.traffic(), "/", 4);
  traffic.clients(4);
  ASSERT_EQ(cluster.call("DELETE", "/v1/nodes/node-b"), 200);
  EXPECT_TRUE(eventually([&] {
    return cluster.get("/v1/nodes")["nodes"].size() == 1 && workers_on(cluster, "node-a") == 4;
  })) << cluster.get("/v1/status");
  EXPECT_EQ(cluster.call("DELETE", "/v1/nodes/node-b"), 404) << "it is no longer known";
  EXPECT_TRUE(eventually([&] {
    return cluster.output_of("node-b").find("its key was revoked here") != std::string::npos;
  })) << cluster.output_of("node-b");
  const Tally tally = traffic.stop();
  EXPECT_EQ(tally.failed, 0u) << testing::PrintToString(tally.failures);
}

}  // namespace
}  // namespace foretide::e2e
