// What goes wrong is told in words, with a non-zero exit, and does no harm.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "common/io/key_file.hpp"
#include "common/settings/node_settings.hpp"
#include "deploy/cli/local_cluster.hpp"
#include "tests/e2e/cluster.hpp"
#include "tests/e2e/traffic.hpp"

namespace foretide::e2e {
namespace {

using testing::HasSubstr;

std::string service(const std::string& command, const std::string& more = "") {
  return "  web:\n    command: " + command + "\n    scale: {min: 1, max: 1}\n" + more;
}

std::string healthy() {
  return service(program("example-worker") + " --host {host} --port {port}");
}

// Every notice and reason that the coordinator shows.
bool eventually_says(Cluster& cluster, const std::string& words) {
  return eventually(
      [&] { return cluster.get("/v1/status").dump().find(words) != std::string::npos; });
}

std::string state_of(Cluster& cluster, const std::string& node) {
  const auto status = cluster.get("/v1/status");
  for (const auto& one : status["nodes"]) {
    if (one["name"] == node) return one["state"];
  }
  return "unknown";
}

TEST(BadClusterFile, IsRefusedWithEveryProblemAndItsPlace) {
  const TemporaryFolder folder;
  const std::string file = folder.path / "cluster.yaml";
  std::ofstream(file)
      << "version: 1\nservices:\n  web:\n    comand: ./x\n    scale: {min: 5, max: 2}\n";
  const Ran started =
      run({program("foretide-coordinator"), "--config", file, "--state", folder.path / "s"});
  EXPECT_EQ(started.status, 1);
  EXPECT_THAT(started.output, HasSubstr(file + ":4:5: "));
  EXPECT_THAT(started.output, HasSubstr("command"));
  EXPECT_THAT(started.output, HasSubstr(file + ":5:"));

  const Ran checked = run({program("foretide"), "check", file});
  EXPECT_EQ(checked.status, 1);
  EXPECT_THAT(checked.output, HasSubstr(file + ":4:5: "));
}

TEST(BadClusterFile, ThatIsMissingIsNamed) {
  const Ran started = run({program("foretide-coordinator"), "--config", "/nowhere/cluster.yaml"});
  EXPECT_EQ(started.status, 1);
  EXPECT_THAT(started.output, HasSubstr("/nowhere/cluster.yaml"));
}

TEST(BadClusterFile, OnAReloadKeepsTheOldConfiguration) {
  Cluster cluster(healthy());
  cluster.start_all();
  ASSERT_TRUE(cluster.eventually_ready("web", 1));
  cluster.write_services("  web: {command: ./x, scale: {max: many}}\n");
  cluster.coordinator().signal(SIGHUP);
  EXPECT_TRUE(eventually(
      [&] { return cluster.output_of("coordinator").find("cluster.yaml:") != std::string::npos; }));
  EXPECT_EQ(cluster.ready("web"), 1u);
  EXPECT_EQ(ask(cluster.traffic(), "/").status, 200);
}

TEST(PortInUse, NamesTheKeyToChange) {
  Cluster cluster(healthy());
  cluster.start_coordinator();
  const Ran second = run({program("foretide-coordinator"), "--config", cluster.cluster_file(),
                          "--state", cluster.folder() / "second"});
  EXPECT_EQ(second.status, 1);
  EXPECT_THAT(second.output, HasSubstr("listen."));

  cluster.start_balancer();
  std::filesystem::create_directory(cluster.folder() / "standalone");
  const std::string file = cluster.folder() / "standalone/cluster.yaml";
  std::ofstream(file) << "version: 1\nlisten: {traffic: [\"" << cluster.traffic().text()
                      << "\"], balancer_admin: \"127.0.0.1:" << cli::free_port()
                      << "\"}\nservices:\n  web: {upstreams: [\"127.0.0.1:9\"]}\n";
  const Ran balancer = run({program("foretide-balancer"), "--standalone", "--config", file});
  EXPECT_EQ(balancer.status, 1);
  EXPECT_THAT(balancer.output, HasSubstr("listen.traffic"));
}

TEST(Token, ThatWasUsedIsRefused) {
  Cluster cluster(healthy());
  cluster.start_coordinator();
  const std::string token = cluster.token("agent", "node-a");
  const Ran first = cluster.join(token, "node-a", cluster.folder() / "first");
  EXPECT_EQ(first.status, 0) << first.output;
  const Ran second = cluster.join(token, "node-b", cluster.folder() / "second");
  EXPECT_NE(second.status, 0);
  EXPECT_THAT(second.output, HasSubstr("used"));
}

TEST(Token, ThatIsGarbageIsRefused) {
  Cluster cluster(healthy());
  cluster.start_coordinator();
  const Ran joined = cluster.join("ft1.a.nonsense.nonsense", "node-a", cluster.folder() / "first");
  EXPECT_NE(joined.status, 0);
  EXPECT_THAT(joined.output, HasSubstr("token"));
}

TEST(Join, ASecondRoleInTheSameFolderLeavesTheFirstOnesKey) {
  Cluster cluster(healthy());
  cluster.start_coordinator();
  const std::string both = cluster.folder() / "both";
  const Ran agent = cluster.join(cluster.token("agent", "node-a"), "node-a", both);
  ASSERT_EQ(agent.status, 0) << agent.output;
  const Ran failing = cluster.join("ft1.b.nonsense.nonsense", "edge", both);
  EXPECT_NE(failing.status, 0) << failing.output;
  const Ran balancer = cluster.join(cluster.token("balancer", "edge"), "edge", both);
  ASSERT_EQ(balancer.status, 0) << balancer.output;
  const auto first = read_agent_settings(both + "/agent.yaml");
  const auto second = read_balancer_settings(both + "/balancer.yaml");
  ASSERT_TRUE(first && second);
  const auto first_keys = read_key_file(first->key_file);
  const auto second_keys = read_key_file(second->key_file);
  ASSERT_TRUE(first_keys && second_keys);
  EXPECT_NE(first_keys->public_key, second_keys->public_key);
  cluster.start_agent_with(both + "/agent.yaml", "node-a");
  EXPECT_TRUE(eventually([&] { return state_of(cluster, "node-a") == "live"; }));
}

TEST(Join, WithANameForItsAddressIsRefusedBeforeTheTokenIsSpent) {
  Cluster cluster(healthy());
  cluster.start_coordinator();
  const std::string token = cluster.token("agent", "node-a");
  const Ran named =
      cluster.foretide({"join", cluster.control().text(), "--token", token, "--config-dir",
                        cluster.folder() / "first", "--address", "node-a.lan"});
  EXPECT_EQ(named.status, 2);
  EXPECT_THAT(named.output, HasSubstr("'node-a.lan' is no IP address"));
  EXPECT_EQ(cluster.join(token, "node-a", cluster.folder() / "first").status, 0);
}

TEST(Join, NeverTouchesAKeyThatIsThere) {
  Cluster cluster(healthy());
  cluster.start_coordinator();
  const std::string state = cluster.folder() / "shared";
  const auto join = [&](const std::string& role, const std::string& config_dir) {
    return cluster.foretide({"join", cluster.control().text(), "--token", cluster.token(role, role),
                             "--config-dir", cluster.folder() / config_dir, "--state", state});
  };
  const Ran first = join("agent", "one");
  ASSERT_EQ(first.status, 0) << first.output;
  const auto before = read_key_file(state + "/node.key");
  const Ran second = join("balancer", "two");
  EXPECT_EQ(second.status, 1);
  EXPECT_THAT(second.output, HasSubstr(state + "/node.key exists"));
  const auto after = read_key_file(state + "/node.key");
  ASSERT_TRUE(before && after);
  EXPECT_EQ(before->public_key, after->public_key);
}

TEST(Join, ThatFailsLeavesNoKey) {
  Cluster cluster(healthy());
  cluster.start_coordinator();
  const std::string token = cluster.token("agent", "node-a");
  ASSERT_EQ(cluster.join(token, "node-a", cluster.folder() / "first").status, 0);
  ASSERT_NE(cluster.join(token, "node-a", cluster.folder() / "second").status, 0);
  EXPECT_TRUE(std::filesystem::is_empty(cluster.folder() / "second/state/agent"));
}

TEST(Stranger, WithAKeyOfItsOwnIsRefused) {
  Cluster cluster(healthy());
  cluster.start_all();
  ASSERT_TRUE(cluster.eventually_ready("web", 1));
  // A joined agent's settings with another key in place of the enrolled one.
  const Ran joined =
      cluster.join(cluster.token("agent", "node-c"), "node-c", cluster.folder() / "node-c");
  ASSERT_EQ(joined.status, 0) << joined.output;
  auto settings = read_agent_settings(cluster.folder() / "node-c/agent.yaml");
  ASSERT_TRUE(settings) << settings.error();
  auto other = read_agent_settings(cluster.folder() / "node-a/agent.yaml");
  ASSERT_TRUE(other);
  std::ofstream(settings->key_file) << "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6";
  std::ofstream(cluster.folder() / "node-c/agent.yaml") << agent_yaml(*settings);
  cluster.start_agent("node-c");
  EXPECT_TRUE(eventually([&] {
    return cluster.output_of("node-c").find("does not know this key") != std::string::npos;
  })) << cluster.output_of("node-c");
  EXPECT_EQ(state_of(cluster, "node-a"), "live");
  EXPECT_NE(state_of(cluster, "node-c"), "live");
}

TEST(Identity, ThatIsInUseIsRefusedToASecondAgent) {
  Cluster cluster(healthy());
  cluster.start_all();
  ASSERT_TRUE(cluster.eventually_ready("web", 1));
  auto settings = read_agent_settings(cluster.folder() / "node-a/agent.yaml");
  ASSERT_TRUE(settings);
  settings->state = cluster.folder() / "twin";
  std::filesystem::create_directory(settings->state);
  std::ofstream(cluster.folder() / "twin.yaml") << agent_yaml(*settings);
  const Ran twin =
      run({program("foretide-agent"), "--config", cluster.folder() / "twin.yaml"}, {}, kPatience);
  EXPECT_GT(twin.status, 0) << twin.output;
  EXPECT_THAT(twin.output, HasSubstr("node-a"));
  EXPECT_TRUE(cluster.agent("node-a").running());
  EXPECT_EQ(cluster.ready("web"), 1u);
}

TEST(Agent, SaysThatTheCoordinatorIsUnreachableAndKeepsTrying) {
  Cluster cluster(healthy());
  cluster.start_all();
  ASSERT_TRUE(cluster.eventually_ready("web", 1));
  cluster.kill("coordinator");
  EXPECT_TRUE(eventually([&] {
    return cluster.output_of("node-a").find(cluster.control().text()) != std::string::npos;
  })) << cluster.output_of("node-a");
  EXPECT_TRUE(cluster.agent("node-a").running());
}

TEST(Worker, ThatEndsAtOnceIsShownWithItsOutputAndBackedOff) {
  Cluster cluster(service("sh -c \"echo cannot load the model; exit 3\""));
  cluster.start_all();
  EXPECT_TRUE(eventually_says(cluster, "cannot load the model"));
  EXPECT_TRUE(eventually_says(cluster, "status 3"));
  EXPECT_EQ(cluster.ready("web"), 0u);
  // One worker, started again and again more slowly, is not a stream of new ones.
  EXPECT_LE(cluster.service("web")["workers"].size(), 1u);
}

TEST(Worker, IsShownWithItsExitStatusWhereTheAgentsStarterIgnoredTheEndOfChildren) {
  Cluster cluster(service("sh -c \"exit 3\""));
  cluster.start_coordinator();
  cluster.start_agent_through({"env", "--ignore-signal=CHLD"}, "node-a");
  EXPECT_TRUE(eventually_says(cluster, "status 3"));
}

TEST(Worker, ThatNeverBecomesReadyIsShown) {
  Cluster cluster(service("sleep 1000", "    probe: {start: {timeout: 1s}}\n"));
  cluster.start_all();
  EXPECT_TRUE(eventually_says(cluster, "not ready"));
  EXPECT_EQ(cluster.ready("web"), 0u);
}

TEST(Worker, WhoseCommandDoesNotExistIsShown) {
  Cluster cluster(service("/no/such/program --port {port}"));
  cluster.start_all();
  EXPECT_TRUE(eventually_says(cluster, "/no/such/program"));
  EXPECT_EQ(cluster.ready("web"), 0u);
}

}  // namespace
}  // namespace foretide::e2e
