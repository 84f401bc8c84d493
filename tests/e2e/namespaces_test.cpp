// Two hosts: the coordinator and the balancer here, an agent in a network namespace of its own,
// reached over a veth pair. What a single host hides shows here: addresses that the other side must
// reach, and workers that listen on loopback only. Needs root and `ip netns`; skipped, and says so,
// without them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "common/settings/node_settings.hpp"
#include "tests/e2e/cluster.hpp"
#include "tests/e2e/traffic.hpp"

namespace foretide::e2e {
namespace {

using testing::HasSubstr;

bool shell(const std::string& script) {
  return run({"/bin/sh", "-ec", script}).status == 0;
}

// A second host: a namespace, a veth pair, and 10.77.N.1 (here) and 10.77.N.2 (there).
class SecondHost {
 public:
  SecondHost()
      : name_("foretide-" + std::to_string(getpid())),
        net_("10.77." + std::to_string(getpid() % 250)),
        link_("ft" + std::to_string(getpid() % 100000)) {
    made_ = shell("ip netns add " + name_ + "; ip link add " + link_ + "a type veth peer name " +
                  link_ + "b; ip link set " + link_ + "b netns " + name_ + "; ip addr add " +
                  here() + "/24 dev " + link_ + "a; ip link set " + link_ + "a up; ip -n " + name_ +
                  " addr add " + there() + "/24 dev " + link_ + "b; ip -n " + name_ + " link set " +
                  link_ + "b up; ip -n " + name_ + " link set lo up");
  }
  ~SecondHost() {
    shell("ip netns pids " + name_ + " | xargs -r kill -9; ip link del " + link_ + "a; true");
    shell("ip netns del " + name_);
  }
  bool made() const { return made_; }
  std::string here() const { return net_ + ".1"; }
  std::string there() const { return net_ + ".2"; }
  const std::string& name() const { return name_; }
  std::string link() const { return link_ + "a"; }

 private:
  std::string name_, net_, link_;
  bool made_ = false;
};

class TwoHosts : public testing::Test {
 protected:
  void SetUp() override {
    if (!host_.made()) GTEST_SKIP() << "needs root and 'ip netns' for a second host; skipped";
  }
  static std::string service(const std::string& arguments) {
    return "  web:\n    command: " + program("example-worker") + " --port {port} " + arguments +
           "\n    scale: {min: 1, max: 1}\n";
  }
  SecondHost host_;
};

TEST_F(TwoHosts, ServeThroughTheNodesOwnAddress) {
  Cluster cluster(service("--host {host}"), host_.here());
  cluster.start_coordinator();
  cluster.start_balancer();
  cluster.start_agent_in(host_.name(), "far");
  ASSERT_TRUE(cluster.eventually_ready("web", 1)) << cluster.output_of("far");
  const std::string address = cluster.service("web")["workers"][0]["address"];
  EXPECT_THAT(address, HasSubstr(host_.there() + ":"));
  const Answer answer = ask(cluster.traffic(), "/");
  EXPECT_EQ(answer.status, 200) << answer.body;
}

TEST_F(TwoHosts, SayThatAWorkerListensOnLoopbackOnly) {
  Cluster cluster(service("--host 127.0.0.1"), host_.here());
  cluster.start_coordinator();
  cluster.start_balancer();
  cluster.start_agent_in(host_.name(), "far");
  EXPECT_TRUE(eventually([&] {
    return cluster.get("/v1/status").dump().find("listens on 127.0.0.1 only") != std::string::npos;
  })) << cluster.output_of("far");
  EXPECT_EQ(cluster.ready("web"), 0u);
}

TEST_F(TwoHosts, MendWhenTheLinkBetweenThemIsCutAndComesBack) {
  Cluster cluster(service("--host {host}"), host_.here());
  cluster.start_coordinator();
  cluster.start_balancer();
  cluster.start_agent_in(host_.name(), "far");
  ASSERT_TRUE(cluster.eventually_ready("web", 1)) << cluster.output_of("far");
  const auto workers = cluster.workers_alive();
  ASSERT_TRUE(
      shell("ip -n " + host_.name() + " link set lo down; ip link set " + host_.link() + " down"));
  EXPECT_TRUE(eventually(
      [&] { return cluster.get("/v1/nodes").dump().find("suspect") != std::string::npos; }));
  ASSERT_TRUE(
      shell("ip link set " + host_.link() + " up; ip -n " + host_.name() + " link set lo up"));
  EXPECT_TRUE(eventually([&] { return ask(cluster.traffic(), "/").status == 200; }));
  EXPECT_EQ(cluster.workers_alive(), workers);
}

}  // namespace
}  // namespace foretide::e2e
