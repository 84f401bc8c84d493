#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <set>
#include <thread>

#include "common/io/paths.hpp"
#include "deploy/cli/command_text.hpp"
#include "deploy/cli/duration_option.hpp"
#include "deploy/cli/guarded_run.hpp"
#include "deploy/cli/json_fields.hpp"
#include "deploy/cli/local_cluster.hpp"
#include "deploy/cli/number_option.hpp"
#include "deploy/cli/program_search.hpp"
#include "deploy/cli/status_watch.hpp"
#include "deploy/cli/verbs.hpp"

namespace foretide::cli {
namespace {

using nlohmann::json;

// A cluster keeps a peak's workers for a minute; whoever tries something out watches for less.
constexpr std::int64_t kWindowMs = 10'000;
constexpr std::int64_t kWindowMsMax = 50 * 60'000;  // as in a cluster file

struct DevOptions {
  unsigned min = 1, max = 10;
  double capacity = 8;
  std::optional<std::int64_t> window_ms;
  std::string traffic = "127.0.0.1:8080", admin = "127.0.0.1:7400";
  std::vector<std::string> command;
};

std::string services_yaml(const DevOptions& options) {
  return "  dev:\n    command: " + yaml_quoted(command_text(options.command)) +
         "\n    capacity: {soft: " + number_text(options.capacity, 2) +
         "}\n    scale: {min: " + std::to_string(options.min) +
         ", max: " + std::to_string(options.max) +
         ", down: {window: " + std::to_string(options.window_ms.value_or(kWindowMs)) + "ms}}\n";
}

// Lets `foretide status` and its like find the token without being told.
void leave_token(const GuardedPlace& place, const Address& admin, const std::string& token) {
  std::error_code ignored;
  std::filesystem::create_directories(run_dir(), ignored);
  const std::string path = dev_token_file(admin);
  ::unlink(path.c_str());
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return;
  [[maybe_unused]] const ssize_t written = ::write(file, token.data(), token.size());
  ::close(file);
  place.also_remove(path);
}

// What changed since the last look: decisions, and whatever the coordinator noticed.
class Teller {
 public:
  void tell(const StatusPicture& picture) {
    for (auto one = picture.decisions.rbegin(); one != picture.decisions.rend(); ++one) {
      if (told_.insert(one->dump()).second) say(decision_line(*one));
    }
    for (const json& notice : list_in(picture.status, "notices")) {
      if (!told_.insert(notice.dump()).second) continue;
      say({{clock_text(notice.value("at", json())) + " ", Style::kDim}, {text_in(notice, "text")}});
      for (const json& line : list_in(notice, "output")) {
        if (line.is_string()) say({{"  | " + line.get<std::string>(), Style::kDim}});
      }
    }
    if (told_.size() > kToldMax) told_.clear();
  }

 private:
  static constexpr std::size_t kToldMax = 10'000;

  static void say(const Line& line) {
    print_wrapped(line, 0, kClockColumns);
    std::fflush(stdout);
  }

  std::set<std::string> told_;
};

int follow(LocalCluster& cluster) {
  StatusFollower follower(cluster.admin());
  Teller teller;
  while (!GuardedPlace::end_asked()) {
    if (const auto lost = cluster.casualty()) {
      std::fprintf(stderr, "foretide: the %s", lost->c_str());
      return kFailed;
    }
    if (follower.refresh()) teller.tell(follower.picture());
    for (int i = 0; i < 20 && !GuardedPlace::end_asked(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(25));
    }
  }
  return kDone;
}

// The programs name keys of a file that nobody wrote by hand and that is gone in a moment; what the
// person can change are the options behind them.
std::string by_option(std::string text, const GuardedPlace& place) {
  const std::array<std::pair<std::string, std::string>, 4> words{
      {{" in " + place.dir() + "/cluster.yaml", ""},
       {place.dir() + "/cluster.yaml: ", ""},
       {"listen.admin", "--admin"},
       {"listen.traffic", "--traffic"}}};
  for (const auto& [theirs, ours] : words) {
    for (std::size_t at = text.find(theirs); at != std::string::npos; at = text.find(theirs, at)) {
      text.replace(at, theirs.size(), ours);
      at += ours.size();
    }
  }
  return text;
}

int serve(const DevOptions& options, const Address& traffic, const Address& admin,
          const GuardedPlace& place) {
  LocalClusterSettings settings;
  settings.services = services_yaml(options);
  settings.traffic = traffic;
  settings.admin = admin;
  settings.workers_max = options.max;
  Result<LocalCluster> cluster = LocalCluster::start(settings, place);
  if (!cluster) {
    std::fprintf(stderr, "foretide: %s\n", by_option(cluster.error(), place).c_str());
    return kFailed;
  }
  leave_token(place, admin, cluster->token());
  const std::string elsewhere = admin.port == 7400 ? "" : " --admin " + admin.text();
  std::printf(
      "traffic  http://%s/\nadmin    http://%s/ (foretide status%s --watch; foretide explain%s "
      "dev)\n"
      "Ctrl-C stops everything.\n\n",
      traffic.text().c_str(), admin.text().c_str(), elsewhere.c_str(), elsewhere.c_str());
  std::fflush(stdout);
  const int code = follow(*cluster);
  std::printf("stopping\n");
  std::fflush(stdout);
  cluster->stop();
  return code;
}

int dev(const DevOptions& options) {
  auto traffic = parse_address(options.traffic), admin = parse_address(options.admin);
  if (!traffic || !admin) {
    std::fprintf(stderr, "foretide: '%s' is no address; write it as 127.0.0.1:8080\n",
                 (traffic ? options.admin : options.traffic).c_str());
    return kUsage;
  }
  if (options.max < options.min || options.max == 0) {
    std::fprintf(stderr, "foretide: --max %u must be at least 1 and at least --min %u\n",
                 options.max, options.min);
    return kUsage;
  }
  if (options.window_ms.value_or(0) > kWindowMsMax) {
    std::fprintf(stderr, "foretide: --window is at most 50m\n");
    return kUsage;
  }
  const char* path = std::getenv("PATH");
  const std::string path_list = path ? path : "/usr/local/bin:/usr/bin:/bin";
  if (const Outcome found = check_runnable(options.command.front(), path_list); !found) {
    std::fprintf(stderr, "foretide: %s\n", found.error().c_str());
    return kFailed;
  }
  for (Address* address : {&*traffic, &*admin}) {
    if (address->host.empty()) address->host = "127.0.0.1";
    if (address->port == 0) address->port = free_port();
  }
  return run_guarded(
      [&](const GuardedPlace& place) { return serve(options, *traffic, *admin, place); });
}

}  // namespace

void add_dev(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand(
      "dev", "Run a command as a service on this machine, all in one, until Ctrl-C");
  auto options = std::make_shared<DevOptions>();
  verb->add_option("--min", options->min, "Workers at least; 0 scales to zero when idle")
      ->check(CLI::Range(0u, 1'000u))
      ->capture_default_str();
  verb->add_option("--max", options->max, "Workers at most")
      ->check(CLI::Range(1u, 1'000u))
      ->capture_default_str();
  verb->add_option("--capacity", options->capacity,
                   "Requests in flight at which one worker is well used")
      ->check(between(0.01, 1e6))
      ->capture_default_str();
  add_duration_option(*verb, "--window", options->window_ms,
                      "How long a peak of demand keeps its workers (default 10s)");
  verb->add_option("--traffic", options->traffic, "Where requests are taken; port 0: any")
      ->capture_default_str();
  verb->add_option("--admin", options->admin, "Where the admin API listens; port 0: any")
      ->capture_default_str();
  verb->add_option("COMMAND", options->command,
                   "After --: the command; {host} and {port} are filled in for each worker")
      ->required();
  verb->footer(
      "Example:\n  foretide dev --max 4 --capacity 4 -- python3 -m http.server --bind {host} "
      "{port}");
  verb->callback([options, &exit_code] { exit_code = dev(*options); });
}

}  // namespace foretide::cli
