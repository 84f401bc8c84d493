#include <unistd.h>

#include <CLI/CLI.hpp>
#include <climits>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "common/io/paths.hpp"
#include "deploy/cli/duration_option.hpp"
#include "deploy/cli/enrolment.hpp"
#include "deploy/cli/verbs.hpp"

namespace foretide::cli {
namespace {

struct JoinOptions {
  std::string address, token, name, role, config_dir, state_dir, own_address;
  double seconds = 15;
};

std::string host_name() {
  char name[HOST_NAME_MAX + 1] = {};
  ::gethostname(name, sizeof name - 1);
  const std::string whole = name;
  return whole.substr(0, whole.find('.'));
}

std::string absolute(const std::string& path) {
  std::error_code error;
  const auto full = std::filesystem::absolute(path, error);
  return error ? path : full.lexically_normal().string();
}

int failed(const std::string& why, int code) {
  std::fprintf(stderr, "foretide: %s\n", why.c_str());
  return code;
}

int join(const JoinOptions& options) {
  std::optional<Address> control = parse_address(options.address);
  if (!control && options.address.find(':') == std::string::npos) {
    control = Address{options.address, kControlPort};
  }
  if (!control || control->host.empty() || control->port == 0) {
    return failed("'" + options.address + "' is no address; write it as 10.0.0.1:7401", kUsage);
  }
  if (!options.own_address.empty() && !is_ip_address(options.own_address)) {
    return failed("--address '" + options.own_address +
                      "' is no IP address; give the one at which balancers reach this host, as "
                      "10.0.0.7, without a port",
                  kUsage);
  }
  JoinRequest request;
  request.control = *control;
  request.token = options.token;
  request.name = options.name.empty() ? host_name() : options.name;
  if (!options.role.empty()) {
    request.role = options.role == "agent" ? wire::Role::kAgent : wire::Role::kBalancer;
  }
  // The third letter group of a token says what it is for: ft1.a.… or ft1.b.…
  const bool balancer = options.role == "balancer" || options.token.starts_with("ft1.b.");
  const std::string program = balancer ? "balancer" : "agent";
  request.config_dir = absolute(options.config_dir.empty() ? config_dir() : options.config_dir);
  const std::string usual =
      options.config_dir.empty() ? state_dir(program) : options.config_dir + "/state/" + program;
  request.state_dir = absolute(options.state_dir.empty() ? usual : options.state_dir);
  request.agent.address = options.own_address;
  request.patience = std::chrono::milliseconds(static_cast<long>(options.seconds * 1000));
  const Result<Joined> joined = join_cluster(request);
  if (!joined) return failed(joined.error(), kFailed);
  std::printf("Joined as %s %s. Settings: %s\nStart it:\n\n  foretide-%s --config %s\n",
              program.c_str(), joined->name.c_str(), joined->config_file.c_str(), program.c_str(),
              joined->config_file.c_str());
  return kDone;
}

}  // namespace

void add_join(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand("join", "Make this host part of a cluster, with a token");
  auto options = std::make_shared<JoinOptions>();
  verb->add_option("ADDRESS", options->address, "Where the coordinator's control port is (7401)")
      ->required();
  verb->add_option("--token", options->token, "From 'foretide token create'")->required();
  verb->add_option("--name", options->name, "Name of this host (default: the token's, or its own)");
  verb->add_option("--role", options->role, "agent or balancer; refused unless it is the token's")
      ->check(CLI::IsMember({"agent", "balancer"}));
  verb->add_option("--config-dir", options->config_dir,
                   "Where to write the settings (default " + config_dir() + ")");
  verb->add_option("--state", options->state_dir,
                   "Where the program keeps its key and state (default: " + state_dir("agent") +
                       " and its like, or DIR/state/agent with --config-dir)");
  verb->add_option(
      "--address", options->own_address,
      "Agents: the IP address where balancers reach this host's workers (default: found out)");
  verb->add_option("--timeout-seconds", options->seconds, "How long to try")
      ->transform(seconds_between(0.1, 600.0))
      ->capture_default_str();
  verb->footer("Example:\n  foretide join 10.0.0.1:7401 --token ft1.a.…");
  verb->callback([options, &exit_code] { exit_code = join(*options); });
}

}  // namespace foretide::cli
