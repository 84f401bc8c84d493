// foretide-agent: one per host; monitors it and runs the workers that the coordinator's set names.
// Builds everything in the order in which it depends on one another; a bad start is refused with
// the reason and exit code 1. SIGTERM and SIGINT end the agent and leave every worker running.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>

#include "agent/agent.hpp"
#include "agent/io/state_lock.hpp"
#include "common/io/descriptor_limit.hpp"
#include "common/io/key_file.hpp"
#include "common/io/log.hpp"
#include "common/io/paths.hpp"
#include "common/io/shutdown.hpp"

namespace {

using namespace foretide;
using namespace foretide::agent;

struct Options {
  std::string config = config_dir() + "/agent.yaml";
  std::string log_level;  // empty: what FORETIDE_LOG says
};

int refuse(const std::string& reason) {
  std::fprintf(stderr, "foretide-agent: %s\n", reason.c_str());
  return 1;
}

// A descriptor that lands on 0, 1 or 2 would be lost when a worker's own are put there.
void fill_standard_descriptors() {
  int fd = 0;
  while (fd >= 0 && fd <= 2) fd = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (fd > 2) close(fd);
}

int run(const Options& options) {
  Result<AgentSettings> settings = read_agent_settings(options.config);
  if (!settings) return refuse(settings.error());
  const Result<Descriptor> lock = lock_state(settings->state);
  if (!lock) return refuse(lock.error());
  // Workers' logs are recognised by their path, so it must be the real one.
  settings->state = std::filesystem::canonical(settings->state).string();
  Result<KeyPair> keys = read_key_file(settings->key_file);
  if (!keys) return refuse(keys.error());
  Result<WorkerRecords> records = WorkerRecords::open(settings->state);
  if (!records) return refuse(records.error());
  const Result<std::string> boot_id = ProcTree().boot_id();
  if (!boot_id) return refuse(boot_id.error());

  // Five descriptors a worker: its end, and its files in /proc.
  const std::optional<rlimit> descriptors = raise_descriptor_limit();
  boost::asio::io_context context(1);
  int exit_code = 0;
  Agent agent(context, {*settings, *keys, *records, *boot_id, FORETIDE_VERSION, {}, descriptors},
              [&](const std::string& reason) {
                spdlog::critical("the coordinator refuses {}: {}", settings->name, reason);
                exit_code = 1;
                context.stop();
              });
  const Shutdown shutdown(context, [&] {
    spdlog::info("ending; the workers run on");
    context.stop();
  });
  spdlog::info("foretide-agent {} for node {}, state in {}", FORETIDE_VERSION, settings->name,
               settings->state);
  agent.start();
  context.run();
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  fill_standard_descriptors();
  // Inherited as ignored, it would have the kernel reap workers by itself: their exit codes would
  // be lost, and their pids reused while they still pin what is left of them.
  std::signal(SIGCHLD, SIG_DFL);
  Options options;
  CLI::App app(
      "Runs this host's workers for a Foretide coordinator and tells it how the host is doing.\n"
      "Example: foretide-agent --config /etc/foretide/agent.yaml",
      "foretide-agent");
  app.set_version_flag("--version", std::string("foretide-agent ") + FORETIDE_VERSION);
  app.add_option("--config", options.config, "agent.yaml, as `foretide join` wrote it")
      ->capture_default_str();
  app.add_option("--log-level", options.log_level,
                 "How much is logged to standard error; without it FORETIDE_LOG or info")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
  CLI11_PARSE(app, argc, argv);
  start_log("agent");
  if (!options.log_level.empty()) spdlog::set_level(spdlog::level::from_str(options.log_level));
  try {
    return run(options);
  } catch (const std::exception& problem) {
    return refuse(problem.what());
  }
}
