#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <optional>

#include "common/settings/durations.hpp"
#include "coordinator/core/text.hpp"
#include "deploy/cli/admin_client.hpp"
#include "deploy/cli/duration_option.hpp"
#include "deploy/cli/service_words.hpp"
#include "deploy/cli/verbs.hpp"

namespace foretide::cli {
namespace {

struct ScaleOptions {
  AdminAccess access;
  std::string service;
  std::optional<std::uint32_t> count;
  std::optional<std::int64_t> for_ms;
  bool automatic = false;
};

int scale(const ScaleOptions& options) {
  if (options.automatic == options.count.has_value()) {
    std::fprintf(stderr, "foretide: say how many workers (foretide scale %s 3), or --auto\n",
                 options.service.c_str());
    return kUsage;
  }
  const Result<AdminClient> admin = AdminClient::open(options.access);
  if (!admin) {
    std::fprintf(stderr, "foretide: %s\n", admin.error().c_str());
    return kFailed;
  }
  nlohmann::json body;
  body["count"] = options.count ? nlohmann::json(*options.count) : nlohmann::json(nullptr);
  if (options.for_ms) body["for"] = std::to_string(*options.for_ms) + "ms";
  const Result<nlohmann::json> answer =
      admin->post("/v1/services/" + options.service + "/scale", body);
  if (!answer) {
    std::fprintf(stderr, "foretide: %s\n", answer.error().c_str());
    return kFailed;
  }
  if (options.automatic) {
    std::printf("%s\n", words_when_no_longer("held", options.service, *answer).c_str());
  } else {
    std::printf(
        "%s is held at %s%s; 'foretide scale %s --auto' ends that\n", options.service.c_str(),
        coordinator::counted(*options.count, "worker", "workers").c_str(),
        options.for_ms
            ? (" for " + settings::duration_text(std::chrono::milliseconds(*options.for_ms)))
                  .c_str()
            : "",
        options.service.c_str());
  }
  return kDone;
}

}  // namespace

void add_scale(CLI::App& app, int& exit_code) {
  CLI::App* verb =
      app.add_subcommand("scale", "Hold a service at a number of workers, or let it follow demand");
  auto options = std::make_shared<ScaleOptions>();
  verb->add_option("SERVICE", options->service, "The service")->required();
  verb->add_option("COUNT", options->count, "How many workers")->check(CLI::Range(0u, 10'000u));
  add_duration_option(*verb, "--for", options->for_ms, "How long, as 10m (default: until --auto)");
  verb->add_flag("--auto", options->automatic, "Follow demand again");
  add_admin_options(*verb, options->access);
  verb->footer("Examples:\n  foretide scale web 3 --for 10m\n  foretide scale web --auto");
  verb->callback([options, &exit_code] { exit_code = scale(*options); });
}

}  // namespace foretide::cli
