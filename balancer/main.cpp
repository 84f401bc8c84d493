// foretide-balancer: the reverse proxy that traffic goes through.
//
//     foretide-balancer --config balancer.yaml                 (tables come from the coordinator)
//     foretide-balancer --standalone --config services.yaml    (fixed upstreams, no coordinator)
//
// SIGTERM and SIGINT end it gently, a second one at once; SIGHUP reads the file again: services,
// upstreams and certificates in standalone mode, else the certificates. A file or a certificate
// with a fault changes nothing. SIGUSR1 opens the access log anew, after a rotation.
#include <spdlog/sinks/stdout_color_sinks.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <string>

#include "balancer/balancer.hpp"
#include "common/io/descriptor_limit.hpp"
#include "common/io/log.hpp"
#include "common/settings/cluster_file.hpp"
#include "common/settings/node_settings.hpp"

namespace {

using namespace foretide;
using balancer::Balancer;
using balancer::ListenPoint;

struct Options {
  std::string config;
  std::string log_level = "info";
  bool standalone = false;
  std::uint32_t threads = 1;
};

Result<ClusterSettings> read_standalone(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Error{path + ": cannot be read: " + std::strerror(errno)};
  const std::string yaml{std::istreambuf_iterator<char>(file), {}};
  return parse_standalone(yaml, path);
}

Result<std::unique_ptr<Balancer>> make_balancer(boost::asio::io_context& io,
                                                const Options& options) {
  if (options.standalone) {
    auto settings = read_standalone(options.config);
    if (!settings) return Error{settings.error()};
    return Balancer::standalone(io, *settings, options.threads);
  }
  auto settings = read_balancer_settings(options.config);
  if (!settings) return Error{settings.error()};
  return Balancer::connected(io, *settings);
}

Outcome apply_again(Balancer& balancer, const Options& options) {
  if (options.standalone) {
    const auto settings = read_standalone(options.config);
    return settings ? balancer.apply(*settings) : Error{settings.error()};
  }
  const auto settings = read_balancer_settings(options.config);
  return settings ? balancer.apply(*settings) : Error{settings.error()};
}

void reload(Balancer& balancer, const Options& options) {
  const auto applied = apply_again(balancer, options);
  if (!applied) {
    spdlog::error("nothing is applied, what was in force stays:\n{}", applied.error());
  } else if (options.standalone) {
    spdlog::info("applied {} again; what is listened on stays as it was", options.config);
  } else {
    spdlog::info("read the certificates of {} again; tables come from the coordinator",
                 options.config);
  }
}

int serve(const Options& options) {
  boost::asio::io_context io{1};
  auto made = make_balancer(io, options);
  if (!made) {
    std::fprintf(stderr, "foretide-balancer: %s\n", made.error().c_str());
    return 1;
  }
  Balancer& balancer = **made;
  for (const auto& at : balancer.traffic()) {
    const bool tls = at.security == ListenPoint::Security::kTls;
    spdlog::info("serving {}on {}", tls ? "TLS " : "", at.address.text());
  }
  spdlog::info("admin pages on {}", balancer.admin().text());

  int status = 0;
  const auto stop = [&] { balancer.stop([&io] { io.stop(); }); };
  balancer.on_refused = [&](const std::string& reason) {
    spdlog::error("the coordinator refuses this balancer: {}", reason);
    status = 1;
    stop();
  };
  boost::asio::signal_set signals(io, SIGTERM, SIGINT, SIGHUP);
  signals.add(SIGUSR1);
  std::function<void(const boost::system::error_code&, int)> on_signal =
      [&](const boost::system::error_code& error, int signal) {
        if (error) return;
        if (signal == SIGUSR1) {
          balancer.reopen_logs();
        } else if (signal == SIGHUP) {
          reload(balancer, options);
        } else {
          spdlog::info("ending");
          stop();
        }
        signals.async_wait(on_signal);
      };
  signals.async_wait(on_signal);
  io.run();
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Foretide's load balancer", "foretide-balancer"};
  Options options;
  app.add_option("--config", options.config, "balancer.yaml; with --standalone a cluster file")
      ->required();
  app.add_flag("--standalone", options.standalone,
               "serve the file's services with `upstreams`, without a coordinator");
  app.add_option("--threads", options.threads,
                 "threads that serve traffic, with --standalone; else balancer.yaml says")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("--log-level", options.log_level,
                 "least that is logged: trace, debug, info, warn, error or off")
      ->capture_default_str()
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}));
  app.footer(
      "Examples:\n  foretide-balancer --config /etc/foretide/balancer.yaml\n"
      "  foretide-balancer --standalone --config standalone.yaml");
  app.set_version_flag("--version", std::string("foretide-balancer ") + FORETIDE_VERSION);
  CLI11_PARSE(app, argc, argv);

  spdlog::set_default_logger(spdlog::stderr_color_mt("foretide-balancer"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
  spdlog::set_level(spdlog::level::from_str(options.log_level));
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  try {
    return serve(options);
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "foretide-balancer: %s\n", exception.what());
    return 1;
  }
}
