#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "coordinator/core/text.hpp"
#include "deploy/cli/duration_option.hpp"
#include "deploy/cli/load_run.hpp"
#include "deploy/cli/terminal.hpp"
#include "deploy/cli/verbs.hpp"

namespace foretide::cli {
namespace {

struct LoadOptions {
  std::string url, rate = "10", shape = "wave";
  double seconds = 60;
  std::optional<double> period;
  unsigned connections = 256;
  bool json = false;
};

std::atomic<bool> interrupted{false};

// The second time it does not ask: a name server may be keeping it.
void note_end(int number) {
  if (interrupted.exchange(true)) ::_exit(128 + number);
}

Result<LoadSettings> settings_for(const LoadOptions& options) {
  LoadSettings settings;
  const auto target = parse_url(options.url);
  if (!target) return Error{target.error()};
  const auto rates = parse_rates(options.rate);
  if (!rates) return Error{rates.error()};
  if (rates->second > kRateMax) {
    return Error{"--rate " + options.rate + " is too much: at most " +
                 std::to_string(static_cast<long>(kRateMax)) + " requests/s"};
  }
  if (rates->second <= 0) return Error{"--rate " + options.rate + " would send nothing"};
  settings.target = *target;
  settings.connections = options.connections;
  settings.shape = {.kind = *shape_named(options.shape),
                    .low_rps = rates->first,
                    .high_rps = rates->second,
                    .seconds = options.seconds,
                    .period_seconds = options.period.value_or(options.seconds)};
  return settings;
}

void print_json(const LoadResult& result) {
  const LatencyRecord& latency = result.latency;
  const nlohmann::json out{{"requests", result.sent},
                           {"answered", result.answered},
                           {"failed", result.failed},
                           {"given_up", result.given_up},
                           {"sent_again", result.sent_again},
                           {"failures", result.failures},
                           {"seconds", result.seconds},
                           {"latency_ms",
                            {{"p50", latency.quantile_ms(0.5)},
                             {"p90", latency.quantile_ms(0.9)},
                             {"p99", latency.quantile_ms(0.99)},
                             {"max", latency.longest_ms()}}}};
  std::printf("%s\n", out.dump(2).c_str());
}

void print_text(const LoadResult& result) {
  const LatencyRecord& latency = result.latency;
  std::printf("%s in %.1f s: %llu answered, %llu failed\n",
              coordinator::counted(result.sent, "request", "requests").c_str(), result.seconds,
              static_cast<unsigned long long>(result.answered),
              static_cast<unsigned long long>(result.failed));
  if (result.given_up > 0) {
    std::printf("  %llu more were under way or waited when it was ended\n",
                static_cast<unsigned long long>(result.given_up));
  }
  for (const auto& [why, count] : result.failures) {
    std::printf("  %llu x %s\n", static_cast<unsigned long long>(count), why.c_str());
  }
  if (latency.count() == 0) return;
  std::printf(
      "latency: half within %.1f ms, 90 %% within %.1f ms, 99 %% within %.1f ms, longest %.1f ms\n",
      latency.quantile_ms(0.5), latency.quantile_ms(0.9), latency.quantile_ms(0.99),
      latency.longest_ms());
}

int load(const LoadOptions& options) {
  const Result<LoadSettings> settings = settings_for(options);
  if (!settings) {
    std::fprintf(stderr, "foretide: %s\n", settings.error().c_str());
    return kUsage;
  }
  for (int number : {SIGINT, SIGTERM, SIGHUP}) std::signal(number, note_end);
  LoadProgress progress;
  std::atomic<bool> done{false};
  const auto begun = std::chrono::steady_clock::now();
  std::thread teller([&] {
    int waited = 0;
    while (!done) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      if (options.json || ++waited % 10 != 0 || ::isatty(STDERR_FILENO) != 1) continue;
      const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begun;
      std::fprintf(stderr, "\r%.0f of %.0f s: %llu sent, %llu answered, %llu failed ",
                   passed.count(), settings->shape.seconds,
                   static_cast<unsigned long long>(progress.sent),
                   static_cast<unsigned long long>(progress.answered),
                   static_cast<unsigned long long>(progress.failed));
    }
  });
  const LoadResult result = run_load(
      *settings, [] { return interrupted.load(); }, progress);
  done = true;
  teller.join();
  if (!options.json && ::isatty(STDERR_FILENO) == 1) std::fprintf(stderr, "\r\x1b[K");
  if (options.json) {
    print_json(result);
  } else {
    print_text(result);
  }
  return result.failed == 0 ? kDone : kFailed;
}

}  // namespace

void add_load(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand(
      "load", "Send requests at a rate that rises and falls, and count the failures");
  auto options = std::make_shared<LoadOptions>();
  verb->add_option("URL", options->url, "What to ask for, as http://127.0.0.1:8080/")->required();
  verb->add_option("--rate", options->rate, "Requests/s, as 20 or as 5..60")->capture_default_str();
  verb->add_option("--shape", options->shape, "wave, ramp or step")
      ->check(CLI::IsMember({"wave", "ramp", "step"}))
      ->capture_default_str();
  verb->add_option("--seconds", options->seconds, "How long")
      ->transform(seconds_between(0.1, kSecondsMax))
      ->capture_default_str();
  verb->add_option("--period", options->period, "Seconds of one wave (default: the whole run)")
      ->transform(seconds_between(0.1, kSecondsMax));
  verb->add_option("--connections", options->connections, "Connections at most")
      ->check(CLI::Range(1u, kConnectionsMax))
      ->capture_default_str();
  verb->add_flag("--json", options->json, "Print the result as JSON");
  verb->footer(
      "Example:\n  foretide load http://127.0.0.1:8080/ --rate 5..60 --shape wave --seconds 60");
  verb->callback([options, &exit_code] { exit_code = load(*options); });
}

}  // namespace foretide::cli
