#include "common/settings/cluster_file.hpp"

#include <algorithm>

#include "common/settings/cluster_keys.hpp"
#include "common/settings/front_section.hpp"
#include "common/settings/listen_section.hpp"
#include "common/settings/service_section.hpp"
#include "common/settings/source_text.hpp"

namespace foretide {

namespace {

using settings::Problems;
using settings::ReadFor;
using settings::Section;
using settings::YamlNode;

constexpr std::size_t kServicesMost = 500;
constexpr std::size_t kMatchesMost = 4000;  // of all services; their table must fit one message

void check_version(const Section& top) {
  const settings::YamlEntry* version = top.entry("version");
  if (!top.require("version", "begin the file with version: 1")) return;
  if (version->value.kind == YamlNode::Kind::kScalar && version->value.text == "1") return;
  top.problems().add(version->value.at,
                     "'version' is " + shown(version->value) + ", this program reads version 1");
}

bool is_cluster_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), fits);
}

std::string name_in(const Section& top) {
  auto name = top.text("cluster");
  if (!name) return ClusterSettings{}.name;
  if (!is_cluster_name(*name)) {
    top.report("cluster", "'cluster' is " + shown(top.entry("cluster")->value) +
                              ", wants a name of letters, digits, '-', '_' and '.', at most 63");
  }
  return *name;
}

std::vector<ServiceSettings> services_in(const Section& top, ReadFor reader) {
  std::vector<ServiceSettings> services;
  if (!top.require("services", "name at least one service with its command")) return services;
  const YamlNode& node = top.entry("services")->value;
  if (node.kind != YamlNode::Kind::kMap) {
    top.problems().add(node.at,
                       "'services' is " + shown(node) + ", wants a map of names to services");
    return services;
  }
  if (node.entries.size() > kServicesMost) {
    top.problems().add(node.entries[kServicesMost].key_at, "a service too many, 500 at most");
  }
  std::vector<settings::PlacedMatch> matches;
  for (const auto& entry : node.entries) {
    auto placed = service_in(entry, reader, top.problems());
    if (entry.value.kind == YamlNode::Kind::kMap && entry.value.find("match") == nullptr) {
      wire::Match rest;
      rest.service = placed.settings.id;
      matches.push_back({rest, entry.key_at});
    }
    matches.insert(matches.end(), placed.matches.begin(), placed.matches.end());
    services.push_back(std::move(placed.settings));
  }
  if (matches.size() > kMatchesMost) {
    top.problems().add(matches[kMatchesMost].at, "a match too many, 4000 at most in all services");
  }
  refuse_ties(matches, top.problems());
  return services;
}

ClusterSettings cluster_in(const YamlNode& tree, ReadFor reader, Problems& problems) {
  ClusterSettings cluster;
  if (tree.kind == YamlNode::Kind::kNothing) {
    problems.add({}, "the file is empty, the least is version: 1 and services with one command");
    return cluster;
  }
  const Section top(tree, "the file", settings::keys::kTop, problems);
  check_version(top);
  cluster.name = name_in(top);
  if (const auto listen = top.section("listen", settings::keys::kListen)) {
    cluster.listen = listen_in(*listen);
    read_front(*listen, cluster.listen.front);
  }
  if (const auto observe = top.section("observe", settings::keys::kObserve)) {
    read_observe(*observe, cluster.listen.front);
  }
  cluster.services = services_in(top, reader);
  return cluster;
}

Result<ClusterSettings> parse(std::string_view yaml, const std::string& file, ReadFor reader) {
  Problems problems;
  ClusterSettings cluster;
  if (const auto tree = settings::yaml_tree_for(yaml, problems)) {
    cluster = cluster_in(*tree, reader, problems);
  }
  if (!problems.empty()) return Error{problems.text(file)};
  return cluster;
}

}  // namespace

Result<ClusterSettings> parse_cluster(std::string_view yaml, const std::string& file) {
  return parse(yaml, file, ReadFor::kCluster);
}

Result<ClusterSettings> read_cluster(const std::string& path) {
  const auto text = settings::file_text(path);
  if (!text) return Error{text.error()};
  return parse_cluster(*text, path);
}

Result<ClusterSettings> parse_standalone(std::string_view yaml, const std::string& file) {
  return parse(yaml, file, ReadFor::kStandalone);
}

}  // namespace foretide
