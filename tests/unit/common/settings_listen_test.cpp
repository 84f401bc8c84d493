// Where a balancer may listen: addresses, and sockets in the file system.
#include <gtest/gtest.h>

#include "common/settings/cluster_file.hpp"
#include "common/settings/node_settings.hpp"

namespace foretide {
namespace {

Result<ClusterSettings> with_listen(const std::string& listen) {
  return parse_cluster("version: 1\nlisten: {" + listen + "}\nservices: {web: {command: a}}\n",
                       "f");
}

std::string trouble_with(const std::string& listen) {
  const auto read = with_listen(listen);
  return read ? "" : read.error();
}

TEST(ListenTraffic, TakesSocketsInTheFileSystem) {
  const auto read = with_listen(
      "traffic: [\"0.0.0.0:80\", \"[::]:80\", unix:/run/f/a.sock], "
      "tls: {addresses: [\"unix:/run/f/b.sock\"], certificates: [{certificate: c, key: k}]}");
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->listen.traffic,
            (std::vector<Address>{{"0.0.0.0", 80}, {"::", 80}, {"unix:/run/f/a.sock", 0}}));
  EXPECT_EQ(read->listen.tls->addresses, (std::vector<Address>{{"unix:/run/f/b.sock", 0}}));
  EXPECT_TRUE(read->listen.traffic[2].is_unix());
  EXPECT_EQ(read->listen.traffic[2].unix_path(), "/run/f/a.sock");
  EXPECT_EQ(read->listen.traffic[2].text(), "unix:/run/f/a.sock");
  EXPECT_FALSE(read->listen.traffic[0].is_unix());
  EXPECT_EQ(read->listen.traffic[0].unix_path(), "");
}

TEST(ListenTraffic, TellsWhatIsNoSocketPath) {
  const std::string wants =
      ", wants unix: and a whole path of at most 107 bytes, such as "
      "unix:/run/foretide/traffic.sock";
  EXPECT_EQ(trouble_with("traffic: [unix:a.sock]"), "f:2:20: 'traffic' is 'unix:a.sock'" + wants);
  EXPECT_EQ(trouble_with("traffic: \"unix:\""), "f:2:19: 'traffic' is 'unix:'" + wants);
  EXPECT_EQ(trouble_with("traffic: unix:/run/"), "f:2:19: 'traffic' is 'unix:/run/'" + wants);
  EXPECT_EQ(trouble_with("traffic: \"unix:/" + std::string(106, 'a') + "\""), "");
  EXPECT_NE(trouble_with("traffic: \"unix:/" + std::string(107, 'a') + "\""), "");
  EXPECT_NE(trouble_with("traffic: \"unix:/a\\nb\""), "");
}

TEST(ListenTraffic, RefusesOneSocketForTwo) {
  EXPECT_EQ(trouble_with("traffic: [unix:/a, unix:/b, unix:/a]"),
            "f:2:38: 'traffic' listens on unix:/a, which 'traffic' takes already (unix:/a), give "
            "each its own path");
}

TEST(ListenTraffic, OnlyTrafficTakesSockets) {
  EXPECT_NE(trouble_with("balancer_admin: unix:/a"), "");
  EXPECT_NE(trouble_with("control: unix:/a"), "");
  EXPECT_FALSE(parse_standalone("version: 1\nservices: {web: {upstreams: [unix:/a]}}\n", "f"));
}

TEST(ListenMemoryMax, IsASizeThatServesSome) {
  const auto read = parse_standalone(
      "version: 1\nlisten: {memory_max: 2GiB}\nservices: {web: {upstreams: [\"a:1\"]}}\n", "f");
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->listen.front.memory_max_bytes, std::uint64_t{2} << 30);
  EXPECT_EQ(trouble_with("memory_max: 15MiB"),
            "f:2:10: 'memory_max' is '15MiB', wants 16MiB or more");
}

TEST(ListenTimes, HaveBoundsAndDefaults) {
  const auto read = parse_standalone("version: 1\nservices: {web: {upstreams: [\"a:1\"]}}\n", "f");
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->listen.front.head_timeout, std::chrono::seconds(30));
  EXPECT_EQ(read->listen.front.idle_timeout, std::chrono::seconds(75));
  EXPECT_EQ(read->listen.front.half_closed, FrontSettings::HalfClosed::kGone);
  EXPECT_EQ(trouble_with("half_closed: keep"),
            "f:2:23: 'half_closed' is 'keep', wants one of gone, serve");
  EXPECT_EQ(trouble_with("head_timeout: 0s"),
            "f:2:24: 'head_timeout' is '0s', wants a duration from 100ms to 1h");
  EXPECT_EQ(trouble_with("idle_timeout: 25h"),
            "f:2:24: 'idle_timeout' is '25h', wants a duration from 100ms to 1d");
}

TEST(ListenTraffic, IsWrittenAsItIsRead) {
  BalancerSettings settings;
  settings.coordinator = {{"a", 1}, {"a", 2}, "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"};
  settings.name = "edge";
  settings.key_file = "k";
  settings.state = "s";
  settings.traffic = {{"::", 8080}, {"unix:/run/a b: c.sock", 0}};
  const auto read = parse_balancer_settings(balancer_yaml(settings), "f");
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->traffic, settings.traffic);
}

}  // namespace
}  // namespace foretide
