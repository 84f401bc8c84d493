// How a host joins a cluster: with a token it proves to the coordinator, once, that it may; from
// then on it has a key of its own. What is left on the host is a settings file and that key,
// readable by its user only.
//
// The token carries the coordinator's public key, so the coordinator is known before anything is
// said, and a one-time key, so that no socket ever talks to a stranger. Blocking, within a
// deadline.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "common/result.hpp"
#include "common/settings/node_settings.hpp"
#include "common/wire/messages.hpp"

namespace foretide::cli {

inline constexpr std::uint16_t kControlPort = 7401;

struct JoinRequest {
  Address control;
  std::string token;
  std::string name;                // wanted; a name that the token fixes goes before it
  std::optional<wire::Role> role;  // when told, must be the token's
  std::string config_dir, state_dir;
  // What else goes into the settings: coordinator, name, key_file and state are filled in.
  AgentSettings agent;
  BalancerSettings balancer;
  std::chrono::milliseconds patience{15'000};
};

struct Joined {
  wire::Role role = wire::Role::kAgent;
  std::string name;
  std::string config_file;
};

Result<Joined> join_cluster(JoinRequest request);

}  // namespace foretide::cli
