// foretide-coordinator: reads its cluster file, opens what it needs, and runs until it is told to
// end. SIGHUP reads the cluster file again; SIGTERM and SIGINT end it. Workers and traffic go on
// without it.
#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "common/io/log.hpp"
#include "common/io/paths.hpp"
#include "common/io/shutdown.hpp"
#include "common/settings/cluster_file.hpp"
#include "coordinator/coordinator.hpp"

namespace {

using foretide::coordinator::Coordinator;

struct Options {
  std::string config = foretide::config_dir() + "/cluster.yaml";
  std::string state = foretide::state_dir("coordinator");
  std::string log_level;
};

int refuse(const std::string& reason) {
  std::fprintf(stderr, "%s\n", reason.c_str());
  return 1;
}

void greet(const Coordinator& coordinator, std::size_t services) {
  const auto& at = coordinator.whereabouts();
  spdlog::info("runs {} service{}: admin on {}, agents and balancers on {} and {}", services,
               services == 1 ? "" : "s", at.admin.text(), at.control.text(), at.telemetry.text());
  spdlog::info("its public key is {}; make join tokens with `foretide token`", at.public_key);
}

int run(const Options& options) {
  auto cluster = foretide::read_cluster(options.config);
  if (!cluster) return refuse(cluster.error());
  const std::size_t services = cluster->services.size();

  boost::asio::io_context context(1);
  auto coordinator =
      Coordinator::start(context, {options.config, options.state, std::move(*cluster)});
  if (!coordinator) return refuse(coordinator.error());
  greet(**coordinator, services);

  foretide::Shutdown shutdown(
      context,
      [&context] {
        spdlog::info("ends; workers and traffic go on without it");
        context.stop();
      },
      [&coordinator] { (void)(*coordinator)->reload(); });
  context.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app(
      "The coordinator of a Foretide cluster: predicts demand, decides how many workers each "
      "service needs, and has agents and balancers carry it out.",
      "foretide-coordinator");
  app.footer("Example:\n  foretide-coordinator --config /etc/foretide/cluster.yaml");
  app.set_version_flag("--version", std::string("foretide-coordinator ") + FORETIDE_VERSION);
  app.add_option("--config", options.config, "The cluster file")->capture_default_str();
  app.add_option("--state", options.state, "Where keys and state are kept")->capture_default_str();
  app.add_option("--log-level", options.log_level,
                 "debug, info, warn or error (else FORETIDE_LOG, else info)")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
  CLI11_PARSE(app, argc, argv);
  if (!options.log_level.empty()) ::setenv("FORETIDE_LOG", options.log_level.c_str(), 1);
  foretide::start_log("coordinator");
  return run(options);
}
