#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "deploy/cli/admin_client.hpp"
#include "deploy/cli/json_fields.hpp"
#include "deploy/cli/verbs.hpp"

namespace foretide::cli {
namespace {

struct DrainOptions {
  AdminAccess access;
  std::string node;
  bool undo = false;
};

int failed(const std::string& why) {
  std::fprintf(stderr, "foretide: %s\n", why.c_str());
  return kFailed;
}

int drain(const DrainOptions& options) {
  const Result<AdminClient> admin = AdminClient::open(options.access);
  if (!admin) return failed(admin.error());
  const Result<nlohmann::json> answer =
      admin->post("/v1/nodes/" + options.node + "/drain", {{"draining", !options.undo}});
  if (!answer) return failed(answer.error());
  if (options.undo) {
    std::printf("%s takes workers again\n", options.node.c_str());
    return kDone;
  }
  const auto workers = static_cast<unsigned long long>(count_in(*answer, "workers"));
  std::printf(
      "%s gets no new worker, and its %llu %s replaced on other nodes before they end; "
      "'foretide drain %s --undo' ends that\n",
      options.node.c_str(), workers, workers == 1 ? "worker is" : "workers are",
      options.node.c_str());
  return kDone;
}

}  // namespace

void add_drain(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand("drain", "Replace a node's workers on the other nodes");
  auto options = std::make_shared<DrainOptions>();
  verb->add_option("NODE", options->node, "The node")->required();
  verb->add_flag("--undo", options->undo, "Let it take workers again");
  add_admin_options(*verb, options->access);
  verb->footer("Examples:\n  foretide drain node-a\n  foretide drain node-a --undo");
  verb->callback([options, &exit_code] { exit_code = drain(*options); });
}

}  // namespace foretide::cli
