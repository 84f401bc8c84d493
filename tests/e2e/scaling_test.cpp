// Workers come and go with the traffic, and no request notices.
#include <gtest/gtest.h>

#include <csignal>
#include <set>

#include "tests/e2e/cluster.hpp"
#include "tests/e2e/traffic.hpp"

namespace foretide::e2e {
namespace {

// Serves two requests at once for 40 ms each; scales between nothing and four, down after two
// seconds.
std::string quick_service(const std::string& scale, const std::string& more = "") {
  return "  web:\n    command: " + program("example-worker") +
         " --host {host} --port {port} --slots 2 --service-time 40ms\n"
         "    capacity: {soft: 2}\n"
         "    stop: {drain: 10s, grace: 5s}\n"
         "    scale: {" +
         scale + "}\n" + more;
}

TEST(Scaling, GoesFromZeroToOneToManyAndBackToZero) {
  Cluster cluster(quick_service("min: 0, max: 4, idle: 3s, down: {window: 2s}"));
  cluster.start_all();
  EXPECT_TRUE(cluster.eventually_ready("web", 0));

  const Answer first = ask(cluster.traffic(), "/");
  EXPECT_EQ(first.status, 200) << first.body;
  EXPECT_TRUE(cluster.eventually_ready("web", 1));

  Traffic traffic(cluster.traffic(), "/", 8);
  traffic.clients(7);
  EXPECT_TRUE(cluster.eventually_ready("web", 4));
  EXPECT_TRUE(eventually([&] { return traffic.so_far().by_worker.size() >= 4; }));
  traffic.clients(1);
  EXPECT_TRUE(cluster.eventually_ready("web", 1));
  const Tally tally = traffic.stop();
  EXPECT_EQ(tally.failed, 0u) << testing::PrintToString(tally.failures);
  EXPECT_GT(tally.answered, 100u);

  EXPECT_TRUE(cluster.eventually_ready("web", 0));
  EXPECT_TRUE(eventually([&] { return cluster.workers_alive().empty(); }));
}

TEST(Scaling, LosesNoRequestWhenWorkersRetireUnderLoad) {
  Cluster cluster(quick_service("min: 1, max: 5, down: {window: 2s}"));
  cluster.start_all();
  Traffic traffic(cluster.traffic(), "/", 10);
  for (int round = 0; round < 2; ++round) {
    traffic.clients(9);
    EXPECT_TRUE(eventually([&] { return cluster.ready("web") >= 4; })) << "round " << round;
    traffic.clients(2);
    EXPECT_TRUE(eventually([&] { return cluster.ready("web") <= 2; })) << "round " << round;
  }
  const Tally tally = traffic.stop();
  EXPECT_EQ(tally.failed, 0u) << testing::PrintToString(tally.failures);
}

TEST(Scaling, SpreadsWorkersOverTheNodes) {
  Cluster cluster(quick_service("min: 0, max: 4, idle: 1m"));
  cluster.start_all();
  // Both nodes have to be there when places are chosen.
  ASSERT_TRUE(eventually([&] {
    const auto nodes = cluster.get("/v1/nodes")["nodes"];
    return nodes.size() == 2 && nodes[0]["state"] == "live" && nodes[1]["state"] == "live";
  })) << cluster.get("/v1/nodes");
  ASSERT_EQ(cluster.foretide({"scale", "web", "4", "--for", "1m"}).status, 0);
  ASSERT_TRUE(cluster.eventually_ready("web", 4));
  std::map<std::string, int> by_node;
  const auto service = cluster.service("web");
  for (const auto& worker : service["workers"]) ++by_node[worker["node"]];
  EXPECT_EQ(by_node["node-a"], 2);
  EXPECT_EQ(by_node["node-b"], 2);
}

TEST(Scaling, ExplainsEveryChange) {
  Cluster cluster(quick_service("min: 1, max: 4, down: {window: 2s}"));
  cluster.start_all();
  ASSERT_TRUE(cluster.eventually_ready("web", 1));
  const Ran ordered = cluster.foretide({"scale", "web", "3", "--for", "1m"});
  EXPECT_EQ(ordered.status, 0) << ordered.output;
  ASSERT_TRUE(cluster.eventually_ready("web", 3));
  const Ran explained = cluster.foretide({"explain", "web"});
  EXPECT_EQ(explained.status, 0);
  EXPECT_NE(explained.output.find("manual"), std::string::npos) << explained.output;

  EXPECT_EQ(cluster.foretide({"scale", "web", "--auto"}).status, 0);
  EXPECT_TRUE(cluster.eventually_ready("web", 1));
}

TEST(Scaling, ReplacesWorkersWhenAReloadChangesTheCommand) {
  Cluster cluster(quick_service("min: 2, max: 2"));
  cluster.start_all();
  ASSERT_TRUE(cluster.eventually_ready("web", 2));
  Traffic traffic(cluster.traffic(), "/", 2);
  traffic.clients(2);
  ASSERT_TRUE(eventually([&] { return traffic.so_far().by_worker.size() == 2; }));
  const auto before = traffic.so_far().by_worker;

  cluster.write_services(quick_service("min: 2, max: 2", "    env: {GENERATION: \"2\"}\n"));
  cluster.coordinator().signal(SIGHUP);
  const auto replaced = [&] {
    const auto alive = cluster.workers_alive();
    return alive.size() == 2 && !before.contains(alive[0]) && !before.contains(alive[1]);
  };
  EXPECT_TRUE(eventually(replaced));
  // A new worker is given less at first: it may be the last that is heard of.
  EXPECT_TRUE(eventually([&] { return traffic.so_far().by_worker.size() >= 4; }));
  const Tally tally = traffic.stop();
  EXPECT_EQ(tally.failed, 0u) << testing::PrintToString(tally.failures);
}

}  // namespace
}  // namespace foretide::e2e
