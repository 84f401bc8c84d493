// foretide-balancer: the reverse proxy that traffic goes through.
//
//     foretide-balancer --config balancer.yaml                 (tables come from the coordinator)
//     foretide-balancer --standalone --config services.yaml    (fixed upstreams, no coordinator)
//
// SIGTERM and SIGINT end it gently, a second one at once; SIGHUP reads the file again: services,
// upstreams and certificates in standalone mode, else the certificates. A file or a certificate
// with a fault changes nothing. SIGUSR1 opens the access log anew, after a rotation. SIGUSR2 starts
// the program file anew, as after an upgrade, and hands the listening sockets over to it; this
// process ends once what is in flight has ended, or goes on if the new one does not come to serve.
#include <spdlog/sinks/stdout_color_sinks.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "balancer/balancer.hpp"
#include "balancer/io/service_notice.hpp"
#include "common/io/clock.hpp"
#include "common/io/descriptor_limit.hpp"
#include "common/io/log.hpp"
#include "common/settings/cluster_file.hpp"
#include "common/settings/node_settings.hpp"
#include "common/settings/source_text.hpp"

namespace {

using namespace foretide;
using balancer::Balancer;
using balancer::InheritedSockets;
using balancer::ListenPoint;
using balancer::Predecessor;
using balancer::ServiceNotice;
using balancer::Successor;

struct Options {
  std::string config;
  std::string log_level = "info";
  bool standalone = false;
  std::uint32_t threads = 1;
  std::vector<std::string> argv;  // as this program was started
};

Result<ClusterSettings> read_standalone(const std::string& path) {
  const auto text = settings::file_text(path);
  if (!text) return Error{text.error()};
  return parse_standalone(*text, path);
}

Result<std::unique_ptr<Balancer>> make_balancer(boost::asio::io_context& io,
                                                const Options& options) {
  auto inherited = InheritedSockets::from_environment();
  if (!inherited) return Error{inherited.error()};
  if (options.standalone) {
    auto settings = read_standalone(options.config);
    if (!settings) return Error{settings.error()};
    return Balancer::standalone(io, *settings, options.threads, std::move(*inherited));
  }
  auto settings = read_balancer_settings(options.config);
  if (!settings) return Error{settings.error()};
  return Balancer::connected(io, *settings, std::move(*inherited));
}

Outcome apply_again(Balancer& balancer, const Options& options) {
  if (options.standalone) {
    const auto settings = read_standalone(options.config);
    return settings ? balancer.apply(*settings) : Error{settings.error()};
  }
  const auto settings = read_balancer_settings(options.config);
  return settings ? balancer.apply(*settings) : Error{settings.error()};
}

// From the moment in which it serves until it ends.
class Running {
 public:
  Running(boost::asio::io_context& io, const Options& options, Balancer& balancer)
      : io_(io),
        options_(options),
        balancer_(balancer),
        predecessor_(Predecessor::from_environment(io)),
        signals_(io, SIGTERM, SIGINT, SIGHUP) {
    signals_.add(SIGUSR1);
    signals_.add(SIGUSR2);
    balancer_.on_refused = [this](const std::string& reason) {
      spdlog::error("the coordinator refuses this balancer: {}", reason);
      status_ = 1;
      stop();
    };
  }

  int run() {
    await_signal();
    if (predecessor_) {
      predecessor_->tell_serving([this] { begin(); });
    } else {
      begin();
    }
    io_.run();
    return status_;
  }

 private:
  // Nobody else speaks for this balancer.
  void begin() {
    if (balancer_.is_stopping()) return;
    balancer_.take_over();
    notice_.ready();
  }

  void await_signal() {
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
      if (error) return;
      await_signal();
      take(signal);
    });
  }

  void take(int signal) {
    if (signal == SIGUSR1) {
      balancer_.reopen_logs();
    } else if (signal == SIGHUP) {
      reload();
    } else if (signal == SIGUSR2) {
      replace();
    } else {
      spdlog::info("ending");
      stop();
    }
  }

  void stop() {
    successor_.reset();  // one that does not serve yet is not to
    if (!balancer_.is_stopping()) notice_.stopping();
    balancer_.stop([this] { io_.stop(); });
  }

  void reload() {
    notice_.reloading(monotonic_now());
    const auto applied = apply_again(balancer_, options_);
    if (!applied) {
      spdlog::error("nothing is applied, what was in force stays:\n{}", applied.error());
    } else if (options_.standalone) {
      spdlog::info("applied {} again; what is listened on stays as it was", options_.config);
    } else {
      spdlog::info("read the certificates of {} again; tables come from the coordinator",
                   options_.config);
    }
    notice_.ready();
  }

  void replace() {
    if (balancer_.is_stopping() || successor_) {
      spdlog::warn("not replaced: {}", successor_ ? "a replacement is under way" : "ending");
      return;
    }
    auto started = Successor::start(io_, options_.argv, balancer_.handed(),
                                    {.on_serving = [this](pid_t pid) { retire(pid); },
                                     .on_failed = [this](std::string why) { go_on(why); }});
    if (!started) return go_on(started.error());
    successor_ = std::move(*started);
    spdlog::info("starting {} anew to replace this process", options_.argv.front());
  }

  void retire(pid_t pid) {
    spdlog::info("process {} serves now; ending what is in flight here", pid);
    balancer_.retire([this] { io_.stop(); });
    notice_.main_pid(pid);
    successor_->release();
  }

  void go_on(const std::string& why) {
    spdlog::error("not replaced, this process goes on: {}", why);
    successor_.reset();
  }

  boost::asio::io_context& io_;
  const Options& options_;
  Balancer& balancer_;
  ServiceNotice notice_ = ServiceNotice::from_environment();
  std::unique_ptr<Predecessor> predecessor_;
  std::unique_ptr<Successor> successor_;
  boost::asio::signal_set signals_;
  int status_ = 0;
};

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
  return Running(io, options, balancer).run();
}

}  // namespace

int main(int argc, char** argv) {
  // Until Running listens to them, these would end a balancer whose sockets have clients waiting.
  for (const int signal : {SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE}) std::signal(signal, SIG_IGN);
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
  options.argv.assign(argv, argv + argc);

  spdlog::set_default_logger(spdlog::stderr_color_mt("foretide-balancer"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
  spdlog::set_level(spdlog::level::from_str(options.log_level));
  raise_descriptor_limit();
  try {
    return serve(options);
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "foretide-balancer: %s\n", exception.what());
    return 1;
  }
}
