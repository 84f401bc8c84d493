#include "common/settings/node_settings.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "common/io/paths.hpp"

namespace foretide {
namespace {

const std::string kKey = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";  // of ZeroMQ RFC 32's kind

CoordinatorPeer peer() {
  return {{"10.0.0.1", 7401}, {"10.0.0.1", 7402}, kKey};
}

TEST(AgentSettings, ComeBackAsTheyWereWritten) {
  const AgentSettings written{.coordinator = peer(),
                              .name = "node-a",
                              .key_file = "/var/lib/foretide/agent/\"odd\\ key",
                              .state = "/var/lib/foretide/agent",
                              .address = "fe80::1",
                              .first_port = 21000,
                              .last_port = 21999,
                              .same_user = true};
  const auto read = parse_agent_settings(agent_yaml(written), "agent.yaml");
  ASSERT_TRUE(read) << read.error() << "\n" << agent_yaml(written);
  EXPECT_EQ(*read, written);
}

TEST(AgentSettings, FillInWhatIsLeftOut) {
  const auto read =
      parse_agent_settings("coordinator: {control: \"h:1\", telemetry: \"h:2\", key: \"" + kKey +
                               "\"}\nname: a\nstate: /s\n",
                           "f");
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->key_file, "/s/node.key");
  EXPECT_EQ(read->first_port, 20000);
  EXPECT_EQ(read->last_port, 29999);
  EXPECT_FALSE(read->same_user);
}

TEST(AgentSettings, TellWhatIsWrong) {
  const auto read = parse_agent_settings(
      "coordinator: {control: \"h\", key: short}\n"
      "name: a b\n"
      "ports: 30000-20000\n"
      "adress: x\n"
      "user: root\n"
      "state: \"\"\n",
      "f");
  ASSERT_FALSE(read);
  EXPECT_EQ(
      read.error(),
      "f:1:14: 'telemetry' is missing, let 'foretide join' write this file\n"
      "f:1:24: 'control' is 'h', wants host:port such as 127.0.0.1:8080 or [::1]:8080\n"
      "f:1:29: 'key' is no public key, wants the 40 characters that 'foretide join' writes, in "
      "quotes\n"
      "f:2:1: 'name' is 'a b', wants letters, digits, '-', '_' and '.', at most 63\n"
      "f:3:1: 'ports' is '30000-20000', wants a range within 1024-65535 such as 20000-29999\n"
      "f:4:1: unknown key 'adress' in the agent's file, did you mean 'address'?\n"
      "f:5:1: 'user' is 'root', wants 'same' (workers run as the agent's own user), or leave it "
      "out\n"
      "f:6:1: 'state' is empty, wants a path");
}

TEST(AgentSettings, RefuseAnOddRangeOfPorts) {
  for (const char* ports : {"20000", "20000-", "-29999", "80-90", "20000-70000", "a-b", "1-2-3"}) {
    const auto read =
        parse_agent_settings("coordinator: {control: \"h:1\", telemetry: \"h:2\", key: \"" + kKey +
                                 "\"}\nname: a\nports: " + ports + "\n",
                             "f");
    ASSERT_FALSE(read) << ports;
    EXPECT_EQ(read.error(), "f:3:1: 'ports' is '" + std::string(ports) +
                                "', wants a range within 1024-65535 such as 20000-29999");
  }
}

TEST(AgentSettings, WantAnIpAddressAndNoName) {
  const auto with = [](const std::string& address) {
    return parse_agent_settings("coordinator: {control: \"h:1\", telemetry: \"h:2\", key: \"" +
                                    kKey + "\"}\nname: a\naddress: \"" + address + "\"\n",
                                "f");
  };
  for (const char* address : {"10.0.0.7", "fe80::1", "::1"}) EXPECT_TRUE(with(address)) << address;
  for (const char* address : {"node-a", "node-a.lan", "", "10.0.0.7:80", "[fe80::1]", "10.0.0"}) {
    const auto read = with(address);
    ASSERT_FALSE(read) << address;
    EXPECT_EQ(read.error(), "f:3:1: 'address' is '" + std::string(address) +
                                "', wants an IP address of this host such as 10.0.0.7, without a "
                                "port; no name, which not every balancer might know");
  }
}

TEST(AgentSettings, SayThatAnEmptyFileIsWrittenByJoin) {
  EXPECT_EQ(parse_agent_settings("", "f").error(),
            "f:1:1: the file is empty, let 'foretide join' write it");
}

TEST(BalancerSettings, ComeBackAsTheyWereWritten) {
  BalancerSettings written{.coordinator = peer(),
                           .name = "edge",
                           .key_file = "/k",
                           .state = "/s",
                           .traffic = {{"0.0.0.0", 80}, {"::", 80}},
                           .admin = {"127.0.0.1", 7500},
                           .threads = 4};
  const auto read = parse_balancer_settings(balancer_yaml(written), "balancer.yaml");
  ASSERT_TRUE(read) << read.error() << "\n" << balancer_yaml(written);
  EXPECT_EQ(*read, written);

  written.traffic.clear();
  written.tls = TlsSettings{.addresses = {{"0.0.0.0", 443}},
                            .certificates = {{"/a \"b\".pem", "/a.key"}, {"/c.pem", "/c.key"}},
                            .min_version = TlsSettings::Version::k13,
                            .clients = TlsClients{.ca = "/ca.pem", .required = false},
                            .http2 = false};
  const auto with_tls = parse_balancer_settings(balancer_yaml(written), "balancer.yaml");
  ASSERT_TRUE(with_tls) << with_tls.error() << "\n" << balancer_yaml(written);
  EXPECT_EQ(*with_tls, written);
}

TEST(BalancerSettings, TellWhatIsWrong) {
  const auto read = parse_balancer_settings(
      "coordinator: [a]\nname: e\nlisten: {traffic: x, admin: y}\nthreads: 0\nports: 1-2\n", "f");
  ASSERT_FALSE(read);
  EXPECT_EQ(
      read.error(),
      "f:1:14: 'coordinator' is a list, wants a map with some of: control, telemetry, key\n"
      "f:3:19: 'traffic' is 'x', wants host:port such as 127.0.0.1:8080 or [::1]:8080\n"
      "f:3:22: unknown key 'admin' in 'listen', known here: traffic, tls, balancer_admin, "
      "trusted_proxies, proxy_protocol, connections, connections_per_client, memory_max, "
      "head_timeout, idle_timeout, half_closed, ready_path, lame_duck, drain, moving_address\n"
      "f:4:10: 'threads' is '0', wants a whole number from 1 to 256\n"
      "f:5:1: unknown key 'ports' in the balancer's file, known here: coordinator, name, "
      "key_file, state, listen, threads, observe");
}

TEST(BalancerSettings, ReadHowClientsAreMet) {
  const auto read = parse_balancer_settings(
      std::string("coordinator: {control: \"a:1\", telemetry: \"a:2\", key: \"") +
          std::string(40, 'k') + R"("}
name: edge
listen:
  trusted_proxies: [10.0.0.0/8]
  proxy_protocol: 10.0.1.7
  connections: 20000
  connections_per_client: 5
  memory_max: 64MiB
  head_timeout: 10s
  idle_timeout: 5m
  half_closed: serve
  ready_path: /ready
  lame_duck: 5s
  drain: 1m
  moving_address: [10.0.0.100, "fd00::100"]
observe: {access_log: {format: combined, file: /tmp/a.log}}
)",
      "f");
  ASSERT_TRUE(read) << read.error();
  const FrontSettings expected{
      .trusted_proxies = {"10.0.0.0/8"},
      .proxy_protocol = {"10.0.1.7"},
      .connections = 20'000,
      .connections_per_client = 5,
      .memory_max_bytes = std::uint64_t{64} << 20,
      .head_timeout = std::chrono::seconds(10),
      .idle_timeout = std::chrono::minutes(5),
      .half_closed = FrontSettings::HalfClosed::kServe,
      .ready_path = "/ready",
      .lame_duck = std::chrono::seconds(5),
      .drain = std::chrono::minutes(1),
      .moving_address = {"10.0.0.100", "fd00::100"},
      .access_log = {.format = AccessLogSettings::Format::kCombined, .file = "/tmp/a.log"}};
  EXPECT_EQ(read->front, expected);
  EXPECT_EQ(keys_that_differ(expected, expected), "");
  EXPECT_EQ(keys_that_differ(expected, {}),
            "listen.trusted_proxies, listen.proxy_protocol, listen.connections, "
            "listen.connections_per_client, listen.memory_max, listen.head_timeout, "
            "listen.idle_timeout, listen.half_closed, listen.ready_path, listen.lame_duck, "
            "listen.drain, listen.moving_address, observe.access_log");
}

TEST(SettingsFiles, AreKnownByTheirKeys) {
  const std::vector<std::pair<std::string, SettingsFile>> cases{
      {"version: 1\nservices: {}\n", SettingsFile::kCluster},
      {"listen: {}\n", SettingsFile::kCluster},
      {"coordinator: {}\nservices: {}\nlisten: {}\n", SettingsFile::kCluster},
      {"coordinator: {}\nlisten: {}\n", SettingsFile::kBalancer},
      {"coordinator: {}\nthreads: 2\n", SettingsFile::kBalancer},
      {"coordinator: {}\nobserve: {}\n", SettingsFile::kBalancer},
      {"coordinator: {}\nports: 20000-29999\n", SettingsFile::kAgent},
      {"coordinator: {}\nuser: same\n", SettingsFile::kAgent},
      {"coordinator: {}\naddress: 10.0.0.7\n", SettingsFile::kAgent},
      {"coordinator: {}\n", SettingsFile::kBalancer},
      {"[coordinator]\n", SettingsFile::kCluster},
      {"a: [\n", SettingsFile::kCluster},
      {"", SettingsFile::kCluster}};
  for (const auto& [yaml, kind] : cases) EXPECT_EQ(kind_of_settings(yaml), kind) << yaml;
}

TEST(Directories, AreTheSystemsForRoot) {
  EXPECT_EQ(
      directories_for({.is_root = true, .user_id = "0", .home = "/root", .env = {}}),
      (Directories{"/etc/foretide", "/var/lib/foretide", "/run/foretide", "/var/log/foretide"}));
}

TEST(Directories, AreTheXdgOnesForAnybodyElse) {
  EXPECT_EQ(directories_for({.is_root = false, .user_id = "7", .home = "/h", .env = {}}),
            (Directories{"/h/.config/foretide", "/h/.local/state/foretide", "/tmp/foretide-7",
                         "/h/.local/state/foretide/log"}));
  EXPECT_EQ(directories_for({.is_root = false,
                             .user_id = "7",
                             .home = "/h",
                             .env = {{"XDG_CONFIG_HOME", "/c"},
                                     {"XDG_STATE_HOME", "relative"},
                                     {"XDG_RUNTIME_DIR", "/r"}}}),
            (Directories{"/c/foretide", "/h/.local/state/foretide", "/r/foretide",
                         "/h/.local/state/foretide/log"}));
}

TEST(Directories, FollowTheEnvironmentFirst) {
  EXPECT_EQ(directories_for({.is_root = true,
                             .user_id = "0",
                             .home = "/root",
                             .env = {{"FORETIDE_CONFIG_DIR", "/1"},
                                     {"FORETIDE_STATE_DIR", "/2"},
                                     {"FORETIDE_RUN_DIR", "/3"},
                                     {"FORETIDE_LOG_DIR", ""}}}),
            (Directories{"/1", "/2", "/3", "/var/log/foretide"}));
}

}  // namespace
}  // namespace foretide
