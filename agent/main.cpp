// foretide-agent: one per host; monitors it and runs the workers that the coordinator's set names.
// Builds everything in the order in which it depends on one another; a bad start is refused with
// the reason and exit code 1. SIGTERM and SIGINT end the agent and leave every worker running.
#include <fcntl.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>

#include "agent/agent.hpp"
#include "agent/io/state_lock.hpp"
#include "common/io/paths.hpp"

namespace {

using namespace foretide;
using namespace foretide::agent;

struct Options {
  std::string config = config_dir() + "/agent.yaml";
  std::string log_level = "info";
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

Result<KeyPair> read_keys(const std::string& path) {
  struct stat file {};
  if (stat(path.c_str(), &file) == 0 && (file.st_mode & 077U) != 0) {
    return Error{path + " can be read by others; run `chmod 600 " + path + "`"};
  }
  const Result<std::string> text = read_text(path, 4096);
  if (!text) return Error{"cannot read the key of this node: " + text.error()};
  const std::string secret = text->substr(0, text->find_first_of(" \r\n"));
  Result<std::string> public_key = public_key_for(secret);
  if (!public_key) return Error{path + ": " + public_key.error()};
  return KeyPair{std::move(*public_key), secret};
}

int run(const Options& options) {
  Result<AgentSettings> settings = read_agent_settings(options.config);
  if (!settings) return refuse(settings.error());
  const Result<Descriptor> lock = lock_state(settings->state);
  if (!lock) return refuse(lock.error());
  // Workers' logs are recognised by their path, so it must be the real one.
  settings->state = std::filesystem::canonical(settings->state).string();
  Result<KeyPair> keys = read_keys(settings->key_file);
  if (!keys) return refuse(keys.error());
  Result<WorkerRecords> records = WorkerRecords::open(settings->state);
  if (!records) return refuse(records.error());
  const Result<std::string> boot_id = ProcTree().boot_id();
  if (!boot_id) return refuse(boot_id.error());

  boost::asio::io_context context(1);
  int exit_code = 0;
  Agent agent(context, {*settings, *keys, *records, *boot_id, FORETIDE_VERSION},
              [&](const std::string& reason) {
                spdlog::critical("the coordinator refuses {}: {}", settings->name, reason);
                exit_code = 1;
                context.stop();
              });
  boost::asio::signal_set signals(context, SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (error) return;
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
  std::signal(SIGPIPE, SIG_IGN);
  Options options;
  CLI::App app(
      "Runs this host's workers for a Foretide coordinator and tells it how the host is doing.\n"
      "Example: foretide-agent --config /etc/foretide/agent.yaml",
      "foretide-agent");
  app.set_version_flag("--version", std::string("foretide-agent ") + FORETIDE_VERSION);
  app.add_option("--config", options.config, "agent.yaml, as `foretide join` wrote it")
      ->capture_default_str();
  app.add_option("--log-level", options.log_level, "How much is logged to standard error")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  spdlog::set_default_logger(spdlog::stderr_color_mt("agent"));
  spdlog::set_level(spdlog::level::from_str(options.log_level));
  spdlog::flush_on(spdlog::level::info);
  try {
    return run(options);
  } catch (const std::exception& problem) {
    return refuse(problem.what());
  }
}
