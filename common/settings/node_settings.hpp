// agent.yaml and balancer.yaml: where the coordinator is, which key it has, which key is ours.
// Written by `foretide join`, read by the agent and by a balancer. The same strictness and message
// form as the cluster file.
//
//     coordinator: {control: "10.0.0.1:7401", telemetry: "10.0.0.1:7402", key: "<Z85>"}
//     name: node-a
//     key_file: /var/lib/foretide/agent/node.key     # our secret key, mode 0600
//     state: /var/lib/foretide/agent
//     address: 10.0.0.7          # agent, optional: an IP address, no name
//     ports: 20000-29999         # agent, optional
//     user: same                 # agent, optional: workers run as the agent's own user
//     listen: {traffic: ["0.0.0.0:8080"], balancer_admin: "127.0.0.1:7403"}   # balancer; and tls
//     threads: 1                 # balancer, optional
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/address.hpp"
#include "common/result.hpp"
#include "common/settings/front_settings.hpp"
#include "common/settings/tls_settings.hpp"

namespace foretide {

struct CoordinatorPeer {
  Address control, telemetry;
  std::string key;  // Z85 public key that the coordinator must prove to hold
  friend bool operator==(const CoordinatorPeer&, const CoordinatorPeer&) = default;
};

struct AgentSettings {
  CoordinatorPeer coordinator;
  std::string name;
  std::string key_file;
  std::string state;
  std::string address;  // empty: the local address of the connection to the coordinator
  std::uint16_t first_port = 20000, last_port = 29999;
  bool same_user = false;
  friend bool operator==(const AgentSettings&, const AgentSettings&) = default;
};

struct BalancerSettings {
  CoordinatorPeer coordinator;
  std::string name;
  std::string key_file;
  std::string state;
  std::vector<Address> traffic{{"0.0.0.0", 8080}};
  std::optional<TlsSettings> tls;
  Address admin{"127.0.0.1", 7403};
  FrontSettings front;
  std::uint32_t threads = 1;
  friend bool operator==(const BalancerSettings&, const BalancerSettings&) = default;
};

enum class SettingsFile : std::uint8_t { kCluster, kAgent, kBalancer };

// Which of the files a text is meant to be, by its keys alone: where the coordinator is stands in
// an agent's or a balancer's, and in none that has services. Of one that could be either, which is
// for both alike, it says kBalancer.
SettingsFile kind_of_settings(std::string_view yaml);

// `file` is used in messages only. Left out, `state` is state_dir() and `key_file` is node.key in
// it.
Result<AgentSettings> parse_agent_settings(std::string_view yaml, const std::string& file);
Result<BalancerSettings> parse_balancer_settings(std::string_view yaml, const std::string& file);
Result<AgentSettings> read_agent_settings(const std::string& path);
Result<BalancerSettings> read_balancer_settings(const std::string& path);
std::string agent_yaml(const AgentSettings& settings);
std::string balancer_yaml(const BalancerSettings& settings);

}  // namespace foretide
