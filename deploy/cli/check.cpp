#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "common/settings/cluster_file.hpp"
#include "deploy/cli/verbs.hpp"

namespace foretide::cli {
namespace {

std::string summary_of(const ServiceSettings& service) {
  if (!service.upstreams.empty()) {
    const std::size_t count = service.upstreams.size();
    return std::to_string(count) + (count == 1 ? " upstream" : " upstreams") + ", balanced only";
  }
  std::string text = std::to_string(service.scale.min) + " to " +
                     std::to_string(service.scale.max) + " workers of";
  for (const std::string& word : service.worker.argv) text += " " + word;
  return text;
}

std::string routes_of(const ServiceSettings& service) {
  if (service.matches.empty()) return "all requests that no other service takes";
  std::string text;
  for (const wire::Match& match : service.matches) {
    if (!text.empty()) text += ", or ";
    text += match.host.empty() ? "any host" : match.host;
    if (!match.path_prefix.empty()) text += " " + match.path_prefix;
    if (!match.header_name.empty()) text += " " + match.header_name + ": " + match.header_value;
  }
  return text;
}

int check(const std::string& file) {
  const Result<ClusterSettings> cluster = read_cluster(file);
  if (!cluster) {
    const std::string& problems = cluster.error();
    std::fprintf(stderr, "%s%s", problems.c_str(), problems.ends_with('\n') ? "" : "\n");
    return kFailed;
  }
  std::printf("%s is good: cluster %s, %zu service%s\n", file.c_str(), cluster->name.c_str(),
              cluster->services.size(), cluster->services.size() == 1 ? "" : "s");
  for (const ServiceSettings& service : cluster->services) {
    std::printf("  %s: %s\n    takes %s\n", service.id.text.c_str(), summary_of(service).c_str(),
                routes_of(service).c_str());
  }
  return kDone;
}

}  // namespace

void add_check(CLI::App& app, int& exit_code) {
  CLI::App* verb =
      app.add_subcommand("check", "Say what is wrong with a cluster file, all of it at once");
  auto file = std::make_shared<std::string>();
  verb->add_option("FILE", *file, "The cluster file")->required();
  verb->footer("Example:\n  foretide check /etc/foretide/cluster.yaml");
  verb->callback([file, &exit_code] { exit_code = check(*file); });
}

}  // namespace foretide::cli
