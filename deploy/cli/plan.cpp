#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "common/io/paths.hpp"
#include "common/settings/cluster_file.hpp"
#include "common/settings/node_settings.hpp"
#include "common/settings/source_text.hpp"
#include "deploy/cli/admin_client.hpp"
#include "deploy/cli/json_fields.hpp"
#include "deploy/cli/plan_view.hpp"
#include "deploy/cli/verbs.hpp"

namespace foretide::cli {
namespace {

struct PlanOptions {
  AdminAccess access;
  std::string config = config_dir() + "/cluster.yaml";
  bool json = false;
  bool detailed_exitcode = false;
};

int refuse(const std::string& text, int exit_code) {
  std::fprintf(stderr, "%s%s", text.c_str(), text.ends_with('\n') ? "" : "\n");
  return exit_code;
}

// The text of a cluster file without a problem; an Error as `foretide check` tells it.
Result<std::string> good_text(const std::string& file) {
  auto text = settings::file_text(file);
  if (!text) return text;
  if (kind_of_settings(*text) != SettingsFile::kCluster) {
    return Error{file + ": it has 'coordinator' and no 'services', so it is no cluster file"};
  }
  if (const auto cluster = parse_cluster(*text, file); !cluster) return Error{cluster.error()};
  return text;
}

void print(const PlanOptions& options, const nlohmann::json& plan) {
  if (options.json) {
    std::printf("%s\n", plan.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
    return;
  }
  for (const PlanLine& it : lines_for_plan(plan)) print_wrapped(it.line, it.margin, 2);
}

int plan(const PlanOptions& options) {
  const Result<std::string> text = good_text(options.config);
  if (!text) return refuse(text.error(), kUsage);
  const Result<AdminClient> admin = AdminClient::open(options.access);
  if (!admin) return refuse("foretide: " + admin.error(), kFailed);
  const Result<HttpAnswer> answer = admin->ask("POST", "/v1/plan", *text, "application/yaml");
  if (answer && answer->status == 400) {
    const auto said = nlohmann::json::parse(answer->body, nullptr, false);
    return refuse("foretide: the coordinator, of another version, does not take this file:\n" +
                      (said.is_object() ? text_in(said, "error") : answer->body),
                  kUsage);
  }
  const Result<nlohmann::json> plan = admin->json_from(answer);
  if (!plan) return refuse("foretide: " + plan.error(), kFailed);
  print(options, *plan);
  const bool changed = plan->is_object() && plan->value("changed", nlohmann::json()) == true;
  return changed && options.detailed_exitcode ? kChanges : kDone;
}

}  // namespace

void add_plan(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand(
      "plan", "Say what a cluster file would change of what the coordinator runs with");
  auto options = std::make_shared<PlanOptions>();
  verb->add_option("--config", options->config, "The cluster file")->capture_default_str();
  verb->add_flag("--json", options->json, "Print the admin API's answer");
  verb->add_flag("--detailed-exitcode", options->detailed_exitcode,
                 "End with 3 where something changes");
  add_admin_options(*verb, options->access);
  verb->footer(
      "Nothing is changed by it. Exit codes: 0 done (with --detailed-exitcode: nothing changes),\n"
      "1 the coordinator could not be asked, 2 errors in the file, 3 something changes.\n\n"
      "Example:\n  foretide plan --config new.yaml");
  verb->callback([options, &exit_code] { exit_code = plan(*options); });
}

}  // namespace foretide::cli
