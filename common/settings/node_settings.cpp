#include "common/settings/node_settings.hpp"

#include <algorithm>
#include <charconv>
#include <functional>

#include "common/io/paths.hpp"
#include "common/settings/cluster_keys.hpp"
#include "common/settings/front_section.hpp"
#include "common/settings/listen_section.hpp"
#include "common/settings/source_text.hpp"

namespace foretide {

namespace {

using settings::AddressUse;
using settings::Problems;
using settings::Section;
using settings::YamlNode;

// ZeroMQ RFC 32: 32 bytes as 40 characters.
bool is_z85_key(std::string_view key) {
  constexpr std::string_view kOthers = ".-:+=^!/*?&<>()[]{}@%$#";
  const auto fits = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kOthers.find(c) != std::string_view::npos;
  };
  return key.size() == 40 && std::all_of(key.begin(), key.end(), fits);
}

bool is_node_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), fits);
}

CoordinatorPeer coordinator_in(const Section& top) {
  CoordinatorPeer peer;
  if (!top.require("coordinator", "let 'foretide join' write this file")) return peer;
  const auto section = top.section("coordinator", settings::keys::kCoordinator);
  const std::string hint = "let 'foretide join' write this file";
  section->require("control", hint);
  section->require("telemetry", hint);
  section->require("key", hint);
  peer.control = section->address("control", AddressUse::kDial).value_or(Address{});
  peer.telemetry = section->address("telemetry", AddressUse::kDial).value_or(Address{});
  if (const auto key = section->text("key")) {
    if (!is_z85_key(*key)) {
      section->report(
          "key",
          "'key' is no public key, wants the 40 characters that 'foretide join' writes, in quotes");
    }
    peer.key = *key;
  }
  return peer;
}

std::string name_in(const Section& top) {
  top.require("name", "give this host a name");
  auto name = top.text("name");
  if (!name) return "";
  if (!is_node_name(*name)) {
    top.report("name", "'name' is " + shown(top.entry("name")->value) +
                           ", wants letters, digits, '-', '_' and '.', at most 63");
  }
  return *name;
}

std::string path_in(const Section& top, std::string_view key, const std::string& otherwise) {
  const auto path = top.text(key);
  if (path && path->empty()) top.report(key, "'" + std::string(key) + "' is empty, wants a path");
  return path.value_or(otherwise);
}

void read_ports(const Section& top, AgentSettings& agent) {
  const auto text = top.text("ports");
  if (!text) return;
  const char* const end = text->data() + text->size();
  const auto first = std::from_chars(text->data(), end, agent.first_port);
  const bool dash = first.ec == std::errc{} && first.ptr != end && *first.ptr == '-';
  const auto last = std::from_chars(dash ? first.ptr + 1 : end, end, agent.last_port);
  if (dash && last.ec == std::errc{} && last.ptr == end && agent.first_port >= 1024 &&
      agent.first_port <= agent.last_port) {
    return;
  }
  top.report("ports", "'ports' is " + shown(top.entry("ports")->value) +
                          ", wants a range within 1024-65535 such as 20000-29999");
}

AgentSettings agent_in(const Section& top) {
  AgentSettings agent;
  agent.coordinator = coordinator_in(top);
  agent.name = name_in(top);
  agent.state = path_in(top, "state", state_dir("agent"));
  agent.key_file = path_in(top, "key_file", agent.state + "/node.key");
  if (const auto address = top.text("address")) {
    if (!is_ip_address(*address)) {
      top.report("address", "'address' is " + shown(top.entry("address")->value) +
                                ", wants an IP address of this host such as 10.0.0.7, without a "
                                "port; no name, which not every balancer might know");
    }
    agent.address = *address;
  }
  read_ports(top, agent);
  if (const auto user = top.text("user")) {
    agent.same_user = *user == "same";
    if (!agent.same_user) {
      top.report("user",
                 "'user' is " + shown(top.entry("user")->value) +
                     ", wants 'same' (workers run as the agent's own user), or leave it out");
    }
  }
  return agent;
}

BalancerSettings balancer_in(const Section& top) {
  BalancerSettings balancer;
  balancer.coordinator = coordinator_in(top);
  balancer.name = name_in(top);
  balancer.state = path_in(top, "state", state_dir("balancer"));
  balancer.key_file = path_in(top, "key_file", balancer.state + "/node.key");
  if (const auto listen = top.section("listen", settings::keys::kBalancerListen)) {
    auto read = settings::balancer_listen_in(*listen);
    balancer.traffic = std::move(read.traffic);
    balancer.tls = std::move(read.tls);
    balancer.admin = read.admin;
    settings::read_front(*listen, balancer.front);
  }
  if (const auto observe = top.section("observe", settings::keys::kObserve)) {
    settings::read_observe(*observe, balancer.front);
  }
  balancer.threads = top.whole("threads", {1, 256}).value_or(balancer.threads);
  return balancer;
}

template <class Settings>
Result<Settings> parse(std::string_view yaml, const std::string& file, const settings::Keys& keys,
                       const std::function<Settings(const Section&)>& settings_in) {
  Problems problems;
  Settings read;
  if (const auto tree = settings::yaml_tree_for(yaml, problems)) {
    if (tree->kind == YamlNode::Kind::kNothing) {
      problems.add({}, "the file is empty, let 'foretide join' write it");
    } else {
      read = settings_in(Section(*tree, "the file", keys, problems));
    }
  }
  if (!problems.empty()) return Error{problems.text(file)};
  return read;
}

// In double quotes, as a YAML reader takes it back unchanged.
std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string common_yaml(const CoordinatorPeer& peer, const std::string& name,
                        const std::string& key_file, const std::string& state) {
  return "coordinator:\n  control: " + in_quotes(peer.control.text()) +
         "\n  telemetry: " + in_quotes(peer.telemetry.text()) + "\n  key: " + in_quotes(peer.key) +
         "\nname: " + in_quotes(name) + "\nkey_file: " + in_quotes(key_file) +
         "\nstate: " + in_quotes(state) + "\n";
}

std::string list_of(const std::vector<Address>& addresses) {
  std::string list;
  for (const auto& address : addresses) {
    list += (list.empty() ? "" : ", ") + in_quotes(address.text());
  }
  return "[" + list + "]";
}

std::string tls_yaml(const TlsSettings& tls) {
  std::string yaml = "  tls:\n    addresses: " + list_of(tls.addresses) + "\n    certificates:\n";
  for (const auto& files : tls.certificates) {
    yaml += "      - {certificate: " + in_quotes(files.certificate) +
            ", key: " + in_quotes(files.key) + "}\n";
  }
  yaml += tls.min_version == TlsSettings::Version::k13 ? "    min_version: \"1.3\"\n" : "";
  if (!tls.http2) yaml += "    http2: false\n";
  if (tls.clients) {
    yaml += "    clients: {ca: " + in_quotes(tls.clients->ca) +
            ", required: " + (tls.clients->required ? "true" : "false") + "}\n";
  }
  return yaml;
}

}  // namespace

SettingsFile kind_of_settings(std::string_view yaml) {
  Problems unread;
  const auto tree = settings::yaml_tree_for(yaml, unread);
  const auto has = [&](std::string_view key) { return tree->find(key) != nullptr; };
  if (!tree || !has("coordinator") || has("services")) return SettingsFile::kCluster;
  if (has("listen") || has("threads") || has("observe")) return SettingsFile::kBalancer;
  const bool is_agents = has("ports") || has("user") || has("address");
  return is_agents ? SettingsFile::kAgent : SettingsFile::kBalancer;
}

Result<AgentSettings> parse_agent_settings(std::string_view yaml, const std::string& file) {
  return parse<AgentSettings>(yaml, file, settings::keys::kAgent, agent_in);
}

Result<BalancerSettings> parse_balancer_settings(std::string_view yaml, const std::string& file) {
  return parse<BalancerSettings>(yaml, file, settings::keys::kBalancer, balancer_in);
}

Result<AgentSettings> read_agent_settings(const std::string& path) {
  const auto text = settings::file_text(path);
  if (!text) return Error{text.error()};
  return parse_agent_settings(*text, path);
}

Result<BalancerSettings> read_balancer_settings(const std::string& path) {
  const auto text = settings::file_text(path);
  if (!text) return Error{text.error()};
  return parse_balancer_settings(*text, path);
}

std::string agent_yaml(const AgentSettings& settings) {
  std::string yaml =
      common_yaml(settings.coordinator, settings.name, settings.key_file, settings.state);
  if (!settings.address.empty()) yaml += "address: " + in_quotes(settings.address) + "\n";
  yaml += "ports: " + std::to_string(settings.first_port) + "-" +
          std::to_string(settings.last_port) + "\n";
  if (settings.same_user) yaml += "user: same\n";
  return yaml;
}

std::string balancer_yaml(const BalancerSettings& settings) {
  std::string yaml =
      common_yaml(settings.coordinator, settings.name, settings.key_file, settings.state);
  yaml += "listen:\n  traffic: " + list_of(settings.traffic) + "\n";
  if (settings.tls) yaml += tls_yaml(*settings.tls);
  yaml += "  balancer_admin: " + in_quotes(settings.admin.text()) + "\n";
  return yaml + "threads: " + std::to_string(settings.threads) + "\n";
}

}  // namespace foretide
