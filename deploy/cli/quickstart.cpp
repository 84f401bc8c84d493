// `foretide quickstart`, what deploy/quickstart runs once everything is built: the product at work
// on this machine, with nothing but its own programs. Two agents stand for two hosts;
// example-worker stands for an inference server that takes a second to start and serves four
// requests at once; the load rises and falls twice. It tells at the end what a person would check.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <mutex>
#include <thread>

#include "coordinator/core/text.hpp"
#include "deploy/cli/command_text.hpp"
#include "deploy/cli/duration_option.hpp"
#include "deploy/cli/guarded_run.hpp"
#include "deploy/cli/json_fields.hpp"
#include "deploy/cli/load_run.hpp"
#include "deploy/cli/local_cluster.hpp"
#include "deploy/cli/status_watch.hpp"
#include "deploy/cli/verbs.hpp"

namespace foretide::cli {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr double kLowRps = 15, kHighRps = 190;
constexpr int kWaves = 2;
constexpr milliseconds kFirstWorker{30'000};
constexpr milliseconds kCalmAfter{6'000};  // shows the last workers leave

struct Summary {
  std::uint64_t most_ready = 0;
  std::vector<json> decisions;  // oldest first
  json last_status;
};

std::string services_yaml() {
  const std::vector<std::string> command{program_path("example-worker"),
                                         "--host",
                                         "{host}",
                                         "--port",
                                         "{port}",
                                         "--slots",
                                         "4",
                                         "--service-time",
                                         "100ms",
                                         "--start-delay",
                                         "1s"};
  return "  demo:\n    command: " + yaml_quoted(command_text(command)) +
         "\n    probe: {start: {http: /healthz, timeout: 20s}}"
         "\n    capacity: {soft: 4}"
         "\n    scale: {min: 1, max: 6, down: {window: 5s}}"
         "\n    stop: {drain: 10s, grace: 5s}\n";
}

void learn(const StatusPicture& picture, Summary& summary) {
  summary.most_ready = std::max(summary.most_ready, totals_in(picture.status).ready);
  summary.last_status = picture.status;
  for (auto one = picture.decisions.rbegin(); one != picture.decisions.rend(); ++one) {
    const auto known = std::find(summary.decisions.begin(), summary.decisions.end(), *one);
    if (known == summary.decisions.end()) summary.decisions.push_back(*one);
  }
}

void print_summary(const Summary& summary, const LoadResult& load) {
  const ServedTotals totals = totals_in(summary.last_status);
  std::printf("\nSummary\n");
  std::printf("  requests   %llu sent, %llu answered, %llu failed (as the client saw it)\n",
              static_cast<unsigned long long>(load.sent),
              static_cast<unsigned long long>(load.answered),
              static_cast<unsigned long long>(load.failed));
  if (load.given_up > 0) {
    std::printf("             %llu more were under way when it was ended\n",
                static_cast<unsigned long long>(load.given_up));
  }
  for (const auto& [why, count] : load.failures) {
    std::printf("             %llu x %s\n", static_cast<unsigned long long>(count), why.c_str());
  }
  std::printf("  latency    half within %.0f ms, 99 %% within %.0f ms (a worker takes 100 ms)\n",
              load.latency.quantile_ms(0.5), load.latency.quantile_ms(0.99));
  std::printf("  balancer   %llu served, %llu failed, %llu refused\n",
              static_cast<unsigned long long>(totals.completed),
              static_cast<unsigned long long>(totals.failed),
              static_cast<unsigned long long>(totals.refused));
  std::printf("  workers    %llu at the peak, %llu at the end, over two agents\n",
              static_cast<unsigned long long>(summary.most_ready),
              static_cast<unsigned long long>(totals.ready));
  std::printf("  why        %s\n",
              coordinator::counted(summary.decisions.size(), "change", "changes").c_str());
  for (const json& decision : summary.decisions) {
    print_wrapped(decision_line(decision), 4, kClockColumns);
  }
  std::fflush(stdout);
}

// The load runs in a thread of its own while the main thread looks and shows.
class BackgroundLoad {
 public:
  BackgroundLoad(LoadSettings settings) : settings_(std::move(settings)) {
    thread_ = std::thread([this] {
      result_ = run_load(
          settings_, [this] { return end_.load(); }, progress_);
      done_ = true;
    });
  }
  ~BackgroundLoad() { finish(); }
  BackgroundLoad(const BackgroundLoad&) = delete;
  BackgroundLoad& operator=(const BackgroundLoad&) = delete;

  bool done() const { return done_; }
  const LoadProgress& progress() const { return progress_; }
  const LoadResult& finish() {
    end_ = true;
    if (thread_.joinable()) thread_.join();
    return result_;
  }

 private:
  LoadSettings settings_;
  LoadProgress progress_;
  LoadResult result_;
  std::atomic<bool> end_{false}, done_{false};
  std::thread thread_;
};

// So that the first requests do not meet a machine that is only starting up.
Outcome wait_for_a_worker(LocalCluster& cluster) {
  StatusFollower follower(cluster.admin());
  const auto deadline = steady_clock::now() + kFirstWorker;
  while (steady_clock::now() < deadline) {
    if (GuardedPlace::end_asked()) return Error{"ended before it had started"};
    if (const auto lost = cluster.casualty()) return Error{"the " + *lost};
    if (follower.refresh() && totals_in(follower.picture().status).ready > 0) return Done{};
    std::this_thread::sleep_for(milliseconds(50));
  }
  return Error{"no worker became ready; the last status was\n" + follower.picture().status.dump(2)};
}

int show(LocalCluster& cluster, const Address& traffic, double seconds) {
  LoadSettings settings;
  settings.target = {traffic.host, traffic.port, "/"};
  settings.shape = {.kind = LoadShape::Kind::kWave,
                    .low_rps = kLowRps,
                    .high_rps = kHighRps,
                    .seconds = seconds,
                    .period_seconds = seconds / kWaves};
  settings.timeout = milliseconds(30'000);
  BackgroundLoad load(settings);
  const auto begun = steady_clock::now();
  Summary summary;
  std::optional<std::string> lost;
  std::optional<steady_clock::time_point> calm_until;
  const auto ended = [&] {
    if (!lost) lost = cluster.casualty();
    if (load.done() && !calm_until) calm_until = steady_clock::now() + kCalmAfter;
    return lost || GuardedPlace::end_asked() || (calm_until && steady_clock::now() >= *calm_until);
  };
  const auto foot = [&] {
    const double second = std::chrono::duration<double>(steady_clock::now() - begun).count();
    const std::string rate =
        load.done() ? "over" : number_text(settings.shape.rate_at(second), 0) + " requests/s";
    const std::uint64_t failed = load.progress().failed;
    return std::vector<Line>{
        {{"load     ", Style::kBold},
         {rate + ", " + std::to_string(load.progress().sent.load()) + " sent, "},
         {std::to_string(failed) + " failed", failed > 0 ? Style::kRed : Style::kGreen},
         {"   " + number_text(second, 0) + " s   Ctrl-C ends", Style::kDim}}};
  };
  const int watched = watch_status(
      cluster.admin(), ended, [&](const StatusPicture& seen) { learn(seen, summary); }, foot);
  const LoadResult& result = load.finish();
  print_summary(summary, result);
  if (lost) {
    std::fprintf(stderr, "foretide: the %s", lost->c_str());
    return kFailed;
  }
  return watched == kDone && result.failed == 0 ? kDone : kFailed;
}

int run(double seconds, const GuardedPlace& place) {
  LocalClusterSettings settings;
  settings.services = services_yaml();
  const std::uint16_t ports = free_ports(2);
  settings.traffic = {"127.0.0.1", ports};
  settings.admin = {"127.0.0.1", static_cast<std::uint16_t>(ports + 1)};
  settings.agents = {"node-a", "node-b"};
  std::printf("==> starting a coordinator, agents node-a and node-b, and a balancer on %s\n",
              settings.traffic.text().c_str());
  std::fflush(stdout);
  Result<LocalCluster> cluster = LocalCluster::start(settings, place);
  if (!cluster) {
    std::fprintf(stderr, "foretide: %s\n", cluster.error().c_str());
    return kFailed;
  }
  if (const Outcome ready = wait_for_a_worker(*cluster); !ready) {
    std::fprintf(stderr, "foretide: %s\n", ready.error().c_str());
    return kFailed;
  }
  std::printf(
      "==> sending %.0f to %.0f requests/s in %d waves for %.0f s; one worker serves 40/s\n",
      kLowRps, kHighRps, kWaves, seconds);
  std::fflush(stdout);
  const int code = show(*cluster, settings.traffic, seconds);
  std::printf("==> stopping everything\n");
  std::fflush(stdout);
  cluster->stop();
  return code;
}

}  // namespace

void add_quickstart(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand(
      "quickstart", "Show Foretide at work on this machine for about a minute and a half");
  verb->group("");  // called by deploy/quickstart, not listed
  auto seconds = std::make_shared<double>(75);
  verb->add_option("--seconds", *seconds, "How long requests are sent")
      ->transform(seconds_between(1.0, 3'600.0))
      ->capture_default_str();
  verb->footer("Example:\n  foretide quickstart --seconds 40");
  verb->callback([seconds, &exit_code] {
    exit_code = run_guarded([&](const GuardedPlace& place) { return run(*seconds, place); });
  });
}

}  // namespace foretide::cli
