#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <optional>

#include "deploy/cli/admin_client.hpp"
#include "deploy/cli/duration_option.hpp"
#include "deploy/cli/service_words.hpp"
#include "deploy/cli/verbs.hpp"

namespace foretide::cli {
namespace {

struct PauseOptions {
  AdminAccess access;
  std::string service;
  std::optional<std::int64_t> for_ms;
  bool down = false;
};

int failed(const std::string& why) {
  std::fprintf(stderr, "foretide: %s\n", why.c_str());
  return kFailed;
}

int order(const PauseOptions& options, const std::string& call, const nlohmann::json& body) {
  const Result<AdminClient> admin = AdminClient::open(options.access);
  if (!admin) return failed(admin.error());
  const Result<nlohmann::json> answer = admin->post("/v1/services/" + options.service + call, body);
  if (!answer) return failed(answer.error());
  const std::string words = words_on_pause(*answer);
  if (words.empty()) {
    std::printf("%s\n", words_when_no_longer("paused", options.service, *answer).c_str());
  } else {
    std::printf("%s is %s; 'foretide resume %s' ends that\n", options.service.c_str(),
                words.c_str(), options.service.c_str());
  }
  return kDone;
}

int pause(const PauseOptions& options) {
  nlohmann::json body = {{"direction", options.down ? "down" : "both"}};
  if (options.for_ms) body["for"] = std::to_string(*options.for_ms) + "ms";
  return order(options, "/pause", body);
}

}  // namespace

void add_pause(CLI::App& app, int& exit_code) {
  CLI::App* verb =
      app.add_subcommand("pause", "Let no rule change a service's number of workers, or lower it");
  auto options = std::make_shared<PauseOptions>();
  verb->add_option("SERVICE", options->service, "The service")->required();
  verb->add_flag("--down", options->down, "Workers may be added, but none removed");
  add_duration_option(*verb, "--for", options->for_ms, "How long, as 2h (default: until resume)");
  add_admin_options(*verb, options->access);
  verb->footer("Example, in an incident:\n  foretide pause web --down --for 2h");
  verb->callback([options, &exit_code] { exit_code = pause(*options); });
}

void add_resume(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand("resume", "End a service's pause: it follows demand again");
  auto options = std::make_shared<PauseOptions>();
  verb->add_option("SERVICE", options->service, "The service")->required();
  add_admin_options(*verb, options->access);
  verb->footer("Example:\n  foretide resume web");
  verb->callback(
      [options, &exit_code] { exit_code = order(*options, "/resume", nlohmann::json::object()); });
}

}  // namespace foretide::cli
