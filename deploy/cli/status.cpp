#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <memory>

#include "deploy/cli/admin_client.hpp"
#include "deploy/cli/status_watch.hpp"
#include "deploy/cli/verbs.hpp"

namespace foretide::cli {
namespace {

struct StatusOptions {
  AdminAccess access;
  bool watch = false, json = false;
};

std::atomic<bool> interrupted{false};

int status(const StatusOptions& options) {
  const Result<AdminClient> admin = AdminClient::open(options.access);
  if (!admin) {
    std::fprintf(stderr, "foretide: %s\n", admin.error().c_str());
    return kFailed;
  }
  if (options.watch) {
    for (int number : {SIGINT, SIGTERM, SIGHUP})
      std::signal(number, [](int) { interrupted = true; });
    return watch_status(
        *admin, [] { return interrupted.load(); }, [](const StatusPicture&) {},
        [] { return std::vector<Line>{}; });
  }
  if (options.json) {
    const Result<nlohmann::json> answer = admin->get("/v1/status");
    if (!answer) {
      std::fprintf(stderr, "foretide: %s\n", answer.error().c_str());
      return kFailed;
    }
    std::printf("%s\n", answer->dump(2).c_str());
    return kDone;
  }
  StatusFollower follower(*admin);
  if (const Outcome outcome = follower.refresh(); !outcome) {
    std::fprintf(stderr, "foretide: %s\n", outcome.error().c_str());
    return kFailed;
  }
  TerminalSize size = is_terminal() ? terminal_size() : TerminalSize{200, 60};
  size.rows = std::max<std::size_t>(size.rows, 24);
  for (const Line& line : lines_for(follower.picture(), size)) {
    std::printf("%s\n", text_of(line, size.columns, wants_colours()).c_str());
  }
  return kDone;
}

}  // namespace

void add_status(CLI::App& app, int& exit_code) {
  CLI::App* verb =
      app.add_subcommand("status", "Show services, workers, nodes and why counts changed");
  auto options = std::make_shared<StatusOptions>();
  add_admin_options(*verb, options->access);
  CLI::Option* watch =
      verb->add_flag("--watch", options->watch, "Keep showing it, four times a second");
  verb->add_flag("--json", options->json, "Print the admin API's answer")->excludes(watch);
  verb->footer("Example:\n  foretide status --watch");
  verb->callback([options, &exit_code] { exit_code = status(*options); });
}

}  // namespace foretide::cli
