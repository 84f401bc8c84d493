// What a running cluster has decided is decided again from its record, and comes out the same.
#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/e2e/cluster.hpp"
#include "tests/e2e/traffic.hpp"

namespace foretide::e2e {
namespace {

std::string quick_service(const std::string& scale) {
  return "  web:\n    command: " + program("example-worker") +
         " --host {host} --port {port} --slots 2 --service-time 40ms\n"
         "    capacity: {soft: 2}\n"
         "    stop: {drain: 10s, grace: 5s}\n"
         "    scale: {" +
         scale + "}\n";
}

nlohmann::json replayed(Cluster& cluster, std::vector<std::string> more = {}) {
  std::vector<std::string> words{"simulate", "--from-history", "web", "--replay", "--json"};
  words.insert(words.end(), more.begin(), more.end());
  const Ran ran = cluster.foretide(words);
  EXPECT_EQ(ran.status, 0) << ran.output;
  const auto json = nlohmann::json::parse(ran.output, nullptr, false);
  EXPECT_FALSE(json.is_discarded()) << ran.output;
  return json;
}

TEST(Replay, ReproducesEveryDecisionOfAClusterUnderChangingLoad) {
  Cluster cluster(
      quick_service("min: 1, max: 4, down: {window: 2s}, signals: [{latency: p95, below: 80ms}]"));
  cluster.start_all();
  ASSERT_TRUE(cluster.eventually_ready("web", 1));
  Traffic traffic(cluster.traffic(), "/", 8);
  for (int round = 0; round < 2; ++round) {
    traffic.clients(7);
    EXPECT_TRUE(cluster.eventually_ready("web", 4));
    traffic.clients(1);
    EXPECT_TRUE(eventually([&] { return cluster.ready("web") <= 2; }));
  }
  ASSERT_EQ(cluster.foretide({"scale", "web", "3", "--for", "5s"}).status, 0);
  ASSERT_TRUE(cluster.eventually_ready("web", 3));
  cluster.write_services(quick_service("min: 1, max: 3, shortage: 5%, down: {window: 3s}"));
  cluster.coordinator().signal(SIGHUP);
  traffic.clients(8);
  EXPECT_TRUE(cluster.eventually_ready("web", 3));
  traffic.clients(1);
  EXPECT_TRUE(eventually([&] { return cluster.ready("web") <= 2; }));

  const Ran told = cluster.foretide({"simulate", "--from-history", "web", "--replay"});
  EXPECT_EQ(told.status, 0) << told.output;
  EXPECT_NE(told.output.find("came out as they were"), std::string::npos) << told.output;
  const auto json = replayed(cluster);
  EXPECT_EQ(json["moments_same"], json["moments"]) << json;
  EXPECT_EQ(json["decisions_same"], json["decisions"]) << json;
  EXPECT_GT(json["moments"], 10);
  EXPECT_GE(json["decisions"], 4);
  EXPECT_EQ(json["moments_passed_over"], 0);

  const auto other = replayed(cluster, {"--max", "2"});
  EXPECT_EQ(other["would_be"]["workers_most"], 2);
  EXPECT_EQ(other["as_it_was"]["workers_most"], 4);

  // Another life of the coordinator goes on in the same record; the end costs the last seconds.
  cluster.kill("coordinator");
  cluster.start_coordinator();
  ASSERT_TRUE(eventually([&] { return cluster.ready("web") >= 1; }));
  traffic.clients(6);
  EXPECT_TRUE(cluster.eventually_ready("web", 3));
  const auto both = replayed(cluster);
  EXPECT_EQ(both["moments_same"], both["moments"]) << both;
  EXPECT_EQ(both["decisions_same"], both["decisions"]) << both;
  EXPECT_EQ(json["stretches"], 1);
  EXPECT_EQ(both["stretches"], 2);
  EXPECT_EQ(both["chunks_unreadable"], 0);
  EXPECT_EQ(traffic.stop().failed, 0u);
}

}  // namespace
}  // namespace foretide::e2e
