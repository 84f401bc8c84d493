// Programs are killed while traffic flows; no worker and no request is lost.
#include <gtest/gtest.h>

#include <csignal>
#include <set>

#include "tests/e2e/cluster.hpp"
#include "tests/e2e/traffic.hpp"

namespace foretide::e2e {
namespace {

std::string steady_service() {
  return "  web:\n    command: " + program("example-worker") +
         " --host {host} --port {port} --slots 4 --service-time 10ms\n"
         "    capacity: {soft: 4}\n    scale: {min: 3, max: 3}\n";
}

std::set<long> pids(const Cluster& cluster) {
  const auto alive = cluster.workers_alive();
  return {alive.begin(), alive.end()};
}

class Outage : public testing::Test {
 protected:
  void SetUp() override {
    cluster_.start_all();
    ASSERT_TRUE(cluster_.eventually_ready("web", 3));
    ASSERT_TRUE(eventually([&] { return cluster_.workers_alive().size() == 3; }));
    workers_ = pids(cluster_);
    traffic_.clients(4);
    expect_progress();
  }

  // Requests go on being answered.
  void expect_progress() {
    const auto before = traffic_.answered();
    EXPECT_TRUE(eventually([&] { return traffic_.answered() > before + 200; }));
  }

  void expect_nothing_lost() {
    EXPECT_EQ(pids(cluster_), workers_);
    const Tally tally = traffic_.stop();
    EXPECT_EQ(tally.failed, 0u) << testing::PrintToString(tally.failures);
  }

  Cluster cluster_{steady_service()};
  Traffic traffic_{cluster_.traffic(), "/", 4};
  std::set<long> workers_;
};

TEST_F(Outage, OfTheCoordinatorLosesNothing) {
  cluster_.kill("coordinator");
  expect_progress();
  cluster_.start_coordinator();
  EXPECT_TRUE(cluster_.eventually_ready("web", 3));
  // The new life decides and is obeyed: it is not only looked at.
  EXPECT_EQ(cluster_.foretide({"scale", "web", "3", "--for", "1m"}).status, 0);
  expect_progress();
  expect_nothing_lost();
}

TEST_F(Outage, OfAnAgentLosesNothingAndItsWorkersAreAdopted) {
  cluster_.kill("node-a");
  expect_progress();
  cluster_.start_agent("node-a");
  EXPECT_TRUE(eventually([&] {
    const std::string nodes = cluster_.get("/v1/nodes").dump();
    return nodes.find("suspect") == std::string::npos && cluster_.ready("web") == 3;
  }));
  EXPECT_TRUE(eventually([&] {
    return cluster_.output_of("node-a").find("workers of a former agent") != std::string::npos;
  })) << cluster_.output_of("node-a");
  expect_progress();
  expect_nothing_lost();
}

TEST_F(Outage, OfCoordinatorAndAgentTogetherLosesNothing) {
  cluster_.kill("coordinator");
  cluster_.kill("node-b");
  expect_progress();
  cluster_.start_agent("node-b");
  cluster_.start_coordinator();
  EXPECT_TRUE(cluster_.eventually_ready("web", 3));
  expect_progress();
  expect_nothing_lost();
}

// A balancer that begins while no coordinator runs has the tables of its former life.
TEST_F(Outage, OfCoordinatorAndBalancerIsServedFromTheLastTables) {
  cluster_.kill("coordinator");
  traffic_.stop();
  cluster_.kill("balancer");
  cluster_.start_balancer();
  Traffic after(cluster_.traffic(), "/", 4);
  after.clients(4);
  EXPECT_TRUE(eventually([&] { return after.answered() > 200; }));
  const Tally tally = after.stop();
  EXPECT_EQ(tally.failed, 0u) << testing::PrintToString(tally.failures);
  EXPECT_EQ(pids(cluster_), workers_);
}

TEST_F(Outage, WithALostStoreKeepsTheWorkersThatRun) {
  cluster_.kill("coordinator");
  // Everything but the keys is gone, as after a restore of an old backup.
  for (const char* table : {"desired_sets", "epochs"}) {
    const Ran emptied = run({"sqlite3", (cluster_.folder() / "coordinator/control.db").string(),
                             std::string("delete from ") + table + "; select changes();"});
    ASSERT_EQ(emptied.status, 0) << emptied.output;
    ASSERT_NE(emptied.output, "0\n") << table << " was empty";
  }
  cluster_.start_coordinator();
  EXPECT_TRUE(cluster_.eventually_ready("web", 3));
  expect_progress();
  expect_nothing_lost();
}

TEST_F(Outage, OfAWorkerIsMendedOnItsNode) {
  traffic_.stop();
  ::kill(static_cast<pid_t>(*workers_.begin()), SIGKILL);
  const auto mended = [&] {
    const auto now = pids(cluster_);
    return now.size() == 3 && !now.contains(*workers_.begin()) && cluster_.ready("web") == 3;
  };
  EXPECT_TRUE(eventually(mended));
}

}  // namespace
}  // namespace foretide::e2e
