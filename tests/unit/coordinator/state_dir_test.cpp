#include "coordinator/io/state_dir.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "coordinator/io/reachability.hpp"

namespace foretide::coordinator {
namespace {

using testing::HasSubstr;

class StateDirTest : public testing::Test {
 protected:
  StateDirTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "foretide-dir-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    path_ = folder_ + "/made/coordinator";
  }
  ~StateDirTest() override { std::filesystem::remove_all(folder_); }
  std::string folder_, path_;
};

TEST_F(StateDirTest, IsMadeForItsOwnerOnly) {
  const auto taken = StateDir::take(path_);
  ASSERT_TRUE(taken) << taken.error();
  struct stat made {};
  ASSERT_EQ(::stat(path_.c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777, 0700u);
}

TEST_F(StateDirTest, BelongsToOneCoordinatorAtATime) {
  {
    const auto first = StateDir::take(path_);
    ASSERT_TRUE(first);
    const auto second = StateDir::take(path_);
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error(),
                HasSubstr("another coordinator (pid " + std::to_string(::getpid()) + ")"));
  }
  EXPECT_TRUE(StateDir::take(path_)) << "given back at the end";
}

TEST_F(StateDirTest, SaysWhereTheCoordinatorIsWhileItRuns) {
  {
    auto taken = StateDir::take(path_);
    ASSERT_TRUE(taken);
    ASSERT_TRUE(taken->announce({{"127.0.0.1", 1}, {"127.0.0.1", 2}, {"127.0.0.1", 3}, "key"}));
    std::ifstream file(path_ + "/coordinator.json");
    const auto json = nlohmann::json::parse(file);
    EXPECT_EQ(json["admin"], "127.0.0.1:1");
    EXPECT_EQ(json["telemetry"], "127.0.0.1:3");
    EXPECT_EQ(json["pid"], ::getpid());
  }
  EXPECT_FALSE(std::filesystem::exists(path_ + "/coordinator.json"));
}

TEST_F(StateDirTest, NamesAPathThatCannotBeADirectory) {
  std::ofstream(folder_ + "/made") << "a file";
  const auto taken = StateDir::take(path_);
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error(), HasSubstr(path_));
}

// ---- who can reach whom ----

class Reachability : public testing::Test {
 protected:
  static bool here(const std::string& address) {
    return address == "127.0.0.1" || address == "10.0.0.1";
  }
  void add_node(const std::string& name, const std::string& address) {
    NodeRecord& node = state_.nodes[NodeId{name}];
    node.id = NodeId{name};
    node.session = "s";
    node.heard_at = now_;
    node.address = address;
  }
  void add_balancer(const std::string& name, const std::string& address) {
    BalancerRecord& balancer = state_.balancers[BalancerId{name}];
    balancer.id = BalancerId{name};
    balancer.session = "s";
    balancer.heard_at = now_;
    balancer.address = address;
  }
  std::optional<std::string> node_says(const std::string& address,
                                       const std::string& peer = "127.0.0.1") {
    NodeHello hello{NodeId{"new"}, "s", {}, peer};
    hello.hello.address = address;
    return unreachable_because(state_, hello, now_, here);
  }
  std::optional<std::string> balancer_at(const std::string& address) {
    BalancerHello hello{BalancerId{"new"}, "s", {}};
    hello.hello.address = address;
    return unreachable_because(state_, hello, now_, here);
  }
  State state_;
  Instant now_{std::chrono::seconds(100)};
};

TEST_F(Reachability, LetsLoopbackBeWhileEverybodyIsHere) {
  add_node("node-a", "127.0.0.1");
  add_balancer("edge", "127.0.0.1");
  EXPECT_EQ(node_says("127.0.0.1"), std::nullopt);
  EXPECT_EQ(node_says("", "127.0.0.1"), std::nullopt);
  EXPECT_EQ(balancer_at("10.0.0.1"), std::nullopt) << "this host under its other address";
}

TEST_F(Reachability, RefusesALoopbackNodeOnceSomebodyIsElsewhere) {
  add_balancer("edge", "10.0.0.9");
  const auto why = node_says("", "127.0.0.1");
  ASSERT_TRUE(why);
  EXPECT_THAT(*why, HasSubstr("balancer edge at 10.0.0.9"));
  EXPECT_THAT(*why, HasSubstr("`address:` in agent.yaml"));
  EXPECT_EQ(node_says("10.0.0.1"), std::nullopt);
}

TEST_F(Reachability, RefusesWhoComesFromElsewhereWhileANodeIsOnLoopback) {
  add_node("node-a", "127.0.0.1");
  EXPECT_THAT(node_says("10.0.0.9").value_or(""), HasSubstr("node node-a advertises 127.0.0.1"));
  EXPECT_THAT(balancer_at("10.0.0.9").value_or(""), HasSubstr("`address:` in its agent.yaml"));
  state_.nodes.begin()->second.heard_at = now_ - kLostAfter;
  EXPECT_EQ(balancer_at("10.0.0.9"), std::nullopt) << "a node that is lost hinders nobody";
}

TEST_F(Reachability, KnowsThisHostsOwnAddresses) {
  EXPECT_TRUE(is_address_of_this_host("127.0.0.1"));
  EXPECT_TRUE(is_address_of_this_host(address_for_others()));
  EXPECT_FALSE(is_address_of_this_host("192.0.2.77"));
}

}  // namespace
}  // namespace foretide::coordinator
