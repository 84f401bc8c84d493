// docs/cluster-file.md and deploy/examples against the code: every key stands in the page under its
// map, with the default that the code has, and every example is read without a problem.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "common/settings/cluster_file.hpp"
#include "common/settings/cluster_keys.hpp"
#include "common/settings/node_settings.hpp"

namespace foretide {
namespace {

const std::string kRoot = FORETIDE_FIXTURES "/../..";

std::string text_of(const std::string& path) {
  std::ifstream file(kRoot + path);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct Part {
  std::map<std::string, std::string>
      defaults;  // of each key that has a row; "-" where there is none
  std::set<std::string> unbuilt;
};

std::string first_quoted(const std::string& text) {
  const auto open = text.find('`');
  const auto close = text.find('`', open + 1);
  return open == std::string::npos || close == std::string::npos
             ? "-"
             : text.substr(open + 1, close - open - 1);
}

// "| `key` | `default` | meaning |"
void read_row(const std::string& line, Part& part) {
  const auto second = line.find(" | ");
  const auto third = line.find(" | ", second + 3);
  if (second == std::string::npos || third == std::string::npos) return;
  part.defaults[first_quoted(line.substr(0, second))] =
      first_quoted(line.substr(second, third - second));
}

void read_unbuilt(std::string line, Part& part) {
  for (auto key = first_quoted(line); key != "-"; key = first_quoted(line)) {
    part.unbuilt.insert(key);
    line.erase(0, line.find("`" + key + "`") + key.size() + 2);
  }
}

std::map<std::string, Part> page() {
  std::map<std::string, Part> parts;
  std::istringstream lines(text_of("/docs/cluster-file.md"));
  std::string heading;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("## ")) heading = line.substr(3);
    if (line.starts_with("| `")) read_row(line, parts[heading]);
    if (line.starts_with("Not built yet: ")) read_unbuilt(line, parts[heading]);
  }
  return parts;
}

TEST(Reference, HasEveryKeyUnderItsMapAndNoOther) {
  const auto parts = page();
  auto all = settings::keys::of_cluster_file();
  for (const auto* keys : settings::keys::of_node_files()) all.push_back(keys);
  std::size_t maps = 0;
  for (const auto* keys : all) {
    const auto found = parts.find(std::string(keys->path));
    ASSERT_NE(found, parts.end()) << keys->path;
    ++maps;
    std::set<std::string> rows;
    for (const auto& [key, otherwise] : found->second.defaults) rows.insert(key);
    EXPECT_EQ(rows, std::set<std::string>(keys->built.begin(), keys->built.end())) << keys->path;
    EXPECT_EQ(found->second.unbuilt,
              std::set<std::string>(keys->unbuilt.begin(), keys->unbuilt.end()))
        << keys->path;
  }
  EXPECT_EQ(parts.size(), maps);
}

// A cluster file of one service in which nothing but the key of a path is given:
// ("services.NAME.scale", "min", "1") is services: {web: {command: a, scale: {min: 1}}}.
std::string file_with(std::string path, const std::string& key, const std::string& value) {
  std::string given = key + ": " + value;
  const std::string of_service = "services.NAME";
  if (path == "cluster.yaml") return "version: 1\nservices: {web: {command: a}}\n" + given + "\n";
  if (path == "listen")
    return "version: 1\nservices: {web: {command: a}}\nlisten: {" + given + "}\n";
  if (path == "observe.access_log") {
    return "version: 1\nservices: {web: {command: a}}\nobserve: {access_log: {" + given + "}}\n";
  }
  const std::string of_tls = "listen.tls";
  if (path.starts_with(of_tls)) {
    const std::string rest = "certificates: [{certificate: a, key: b}], addresses: [\"h:1\"]";
    if (path != of_tls) given = "clients: {ca: c, " + given + "}";
    return "version: 1\nservices: {web: {command: a}}\nlisten: {tls: {" + rest + ", " + given +
           "}}\n";
  }
  if (path == "services.NAME.tls")
    return "version: 1\nservices: {web: {command: a, tls: {" + given + "}}}\n";
  path.erase(0, of_service.size());
  while (!path.empty()) {
    const auto dot = path.rfind('.');
    given = path.substr(dot + 1) + ": {" + given + "}";
    path.resize(dot);
  }
  return "version: 1\nservices: {web: {command: a, " + given + "}}\n";
}

// The same file without what `given` ("key: value") says.
Result<ClusterSettings> parsed_without(std::string yaml, const std::string& given) {
  const auto at = yaml.find(given);
  yaml.erase(at, given.size());
  if (yaml.compare(at - 2, 2, ", ") == 0) yaml.erase(at - 2, 2);
  return parse_cluster(yaml, "f");
}

TEST(Reference, GivesTheDefaultsThatTheCodeHas) {
  const auto smallest = parse_cluster("version: 1\nservices: {web: {command: a}}\n", "f");
  ASSERT_TRUE(smallest);
  const auto parts = page();
  int tried = 0;
  for (const auto* keys : settings::keys::of_cluster_file()) {
    const std::string path(keys->path);
    for (const auto& [key, otherwise] : parts.at(path).defaults) {
      if (otherwise == "-") continue;
      const std::string yaml = file_with(path, key, otherwise);
      const auto with = parse_cluster(yaml, "f");
      ASSERT_TRUE(with) << yaml << with.error();
      // These mean something by being there at all.
      const bool is_optional = path.starts_with("listen.tls") || path == "services.NAME.tls" ||
                               path == "services.NAME.probe.ready";
      const auto without = is_optional ? parsed_without(yaml, key + ": " + otherwise) : smallest;
      ASSERT_TRUE(without) << yaml << without.error();
      EXPECT_EQ(*with, *without) << yaml;
      ++tried;
    }
  }
  EXPECT_GT(tried, 25);
}

TEST(Examples, OfClustersAreReadWithoutAProblem) {
  const auto smallest = parse_cluster(text_of("/deploy/examples/cluster.yaml"), "cluster.yaml");
  ASSERT_TRUE(smallest) << smallest.error();
  EXPECT_EQ(smallest->services.size(), 1u);
  const auto full =
      parse_cluster(text_of("/deploy/examples/cluster-full.yaml"), "cluster-full.yaml");
  ASSERT_TRUE(full) << full.error();
  EXPECT_EQ(full->services.size(), 3u);
  const auto standalone =
      parse_standalone(text_of("/deploy/examples/standalone.yaml"), "standalone.yaml");
  ASSERT_TRUE(standalone) << standalone.error();
}

TEST(Examples, OfNodesAreReadWithoutAProblem) {
  const auto agent = parse_agent_settings(text_of("/deploy/examples/agent.yaml"), "agent.yaml");
  ASSERT_TRUE(agent) << agent.error();
  EXPECT_EQ(agent->name, "node-a");
  const auto balancer =
      parse_balancer_settings(text_of("/deploy/examples/balancer.yaml"), "balancer.yaml");
  ASSERT_TRUE(balancer) << balancer.error();
  EXPECT_EQ(balancer->threads, 1u);
}

TEST(Examples, HaveEveryKeyOfAClusterFile) {
  const std::string text = text_of("/deploy/examples/cluster-full.yaml");
  for (const auto* keys : settings::keys::of_cluster_file()) {
    for (const auto key : keys->built) {
      if (key == "tcp") continue;  // excludes `http`, which the example shows
      EXPECT_NE(text.find(std::string(key) + ":"), std::string::npos) << keys->path << " " << key;
    }
  }
}

}  // namespace
}  // namespace foretide
