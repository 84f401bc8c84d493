#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "common/settings/cluster_file.hpp"
#include "common/settings/node_settings.hpp"
#include "common/settings/setting_values.hpp"
#include "common/settings/source_text.hpp"
#include "coordinator/core/text.hpp"
#include "deploy/cli/verbs.hpp"

namespace foretide::cli {
namespace {

using coordinator::counted;

std::string summary_of(const ServiceSettings& service) {
  if (!service.upstreams.empty()) {
    return counted(service.upstreams.size(), "upstream", "upstreams") + ", balanced only";
  }
  const ScaleSettings& scale = service.scale;
  std::string text = counted(scale.max, "worker", "workers") + " of";
  if (scale.min != scale.max) text = std::to_string(scale.min) + " to " + text;
  for (const std::string& word : service.worker.argv) text += " " + word;
  return text;
}

std::string routes_of(const ServiceSettings& service) {
  if (service.matches.empty()) return "all requests that no other service takes";
  std::string text;
  for (const wire::Match& match : service.matches) {
    if (!text.empty()) text += ", or ";
    text += settings::match_text(match);
  }
  return text;
}

int tell_problems(const std::string& problems) {
  std::fprintf(stderr, "%s%s", problems.c_str(), problems.ends_with('\n') ? "" : "\n");
  return kFailed;
}

int check_cluster(const std::string& text, const std::string& file) {
  const Result<ClusterSettings> cluster = parse_cluster(text, file);
  if (!cluster) return tell_problems(cluster.error());
  std::printf("%s is good: cluster %s, %s\n", file.c_str(), cluster->name.c_str(),
              counted(cluster->services.size(), "service", "services").c_str());
  for (const ServiceSettings& service : cluster->services) {
    std::printf("  %s: %s\n    takes %s\n", service.id.text.c_str(), summary_of(service).c_str(),
                routes_of(service).c_str());
  }
  return kDone;
}

// Of an agent or a balancer.
template <class Settings>
int check_node(const Result<Settings>& node, const std::string& file, const char* whose) {
  if (!node) {
    tell_problems(node.error());
    std::fprintf(stderr, "%s was read as %s.yaml: it has 'coordinator' and no 'services'\n",
                 file.c_str(), whose);
    return kFailed;
  }
  std::printf("%s is good: read as %s.yaml, %s %s of the coordinator at %s\n", file.c_str(), whose,
              whose, node->name.c_str(), node->coordinator.control.text().c_str());
  return kDone;
}

int check(const std::string& file) {
  const auto text = settings::file_text(file);
  if (!text) return tell_problems(text.error());
  switch (kind_of_settings(*text)) {
    case SettingsFile::kAgent:
      return check_node(parse_agent_settings(*text, file), file, "agent");
    case SettingsFile::kBalancer:
      return check_node(parse_balancer_settings(*text, file), file, "balancer");
    case SettingsFile::kCluster:
      break;
  }
  return check_cluster(*text, file);
}

}  // namespace

void add_check(CLI::App& app, int& exit_code) {
  CLI::App* verb =
      app.add_subcommand("check", "Say what is wrong with a settings file, all of it at once");
  auto file = std::make_shared<std::string>();
  verb->add_option("FILE", *file, "A cluster file, an agent.yaml or a balancer.yaml")->required();
  verb->footer("Example:\n  foretide check /etc/foretide/cluster.yaml");
  verb->callback([file, &exit_code] { exit_code = check(*file); });
}

}  // namespace foretide::cli
