#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/settings/numbers.hpp"
#include "coordinator/core/predict/need_policies.hpp"
#include "deploy/cli/demand_trace.hpp"
#include "deploy/cli/number_option.hpp"
#include "deploy/cli/simulation.hpp"
#include "deploy/cli/verbs.hpp"

namespace foretide::cli {
namespace {

struct SimulateOptions {
  std::string trace, decisions;
  SimulationSettings settings;
  std::vector<std::string> shortages{"1%"};
  std::string algorithm = "foretide", predict = "auto";
  std::vector<std::string> targets{"0.7"};
  bool compare = false;
  bool json = false;

  bool is_ours() const { return algorithm == "foretide"; }
  // What each run aimed at, as it was given.
  const std::vector<std::string>& aims() const { return is_ours() ? shortages : targets; }
};

std::optional<double> share_in(const std::string& text) {
  const auto share = settings::parse_share(text);
  return share && *share > 0.0 && *share <= 0.5 ? share : std::nullopt;
}

std::optional<double> target_in(const std::string& text) {
  const auto target = settings::parse_number(text);
  return target && *target >= 0.001 && *target <= 1e4 ? target : std::nullopt;
}

// What is wrong with a list; empty: nothing.
std::string error_in(const std::vector<std::string>& texts, const std::string& option,
                     std::optional<double> (*read)(const std::string&), const std::string& wanted) {
  std::set<double> seen;
  for (const std::string& text : texts) {
    const auto number = read(text);
    if (!number) return option + ": '" + text + "' is no " + wanted;
    if (!seen.insert(*number).second) return option + ": '" + text + "' is given twice";
  }
  return "";
}

std::string number_text(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", number);
  return text;
}

std::string in_one_cell(std::string text) {
  std::replace(text.begin(), text.end(), ',', ';');
  return text;
}

// One row for each step; demand and forecast in requests a second.
void write_rows(std::ostream& out, const SimulateOptions& options, const DemandTrace& trace,
                const SimulatedRun& run) {
  out << "t_s,desired,ready,demand,forecast,reason\n";
  char text[200];
  const auto step_seconds = static_cast<double>(trace.step_seconds);
  for (std::size_t i = 0; i < run.steps.size(); ++i) {
    const SimulatedStep& step = run.steps[i];
    const std::int64_t time =
        trace.begins_at_seconds + static_cast<std::int64_t>(i) * trace.step_seconds;
    char demand[32] = "nan";
    if (trace.requests[i]) {
      std::snprintf(demand, sizeof demand, "%.6g", *trace.requests[i] / step_seconds);
    }
    std::snprintf(text, sizeof text, "%lld,%u,%u,%s,", static_cast<long long>(time), step.desired,
                  step.ready, demand);
    out << text;
    if (options.is_ours()) {
      out << (step.forecast_rps ? number_text(*step.forecast_rps) : "nan") << ','
          << in_one_cell(step.reason) << '\n';
    } else {
      out << "nan," << options.algorithm << " at " << number_text(run.aim) << '\n';
    }
  }
}

std::string write_file(const std::filesystem::path& path, const SimulateOptions& options,
                       const DemandTrace& trace, const SimulatedRun& run) {
  std::ofstream out(path);
  if (out) write_rows(out, options, trace, run);
  out.close();
  return out ? "" : path.string() + ": " + std::strerror(errno);
}

// With one aim a file, with several a folder with one for each.
std::string write_decisions(const SimulateOptions& options, const DemandTrace& trace,
                            const std::vector<SimulatedRun>& runs) {
  if (runs.size() == 1) return write_file(options.decisions, options, trace, runs.front());
  std::error_code failed;
  std::filesystem::create_directories(options.decisions, failed);
  if (failed) return options.decisions + ": " + failed.message();
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::filesystem::path path =
        std::filesystem::path(options.decisions) / (options.aims()[i] + ".csv");
    if (auto error = write_file(path, options, trace, runs[i]); !error.empty()) return error;
  }
  return "";
}

void print_json(const SimulateOptions& options, const DemandTrace& trace,
                const std::vector<SimulatedRun>& runs) {
  nlohmann::json all = nlohmann::json::array();
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const SimulatedRun& run = runs[i];
    all.push_back({{options.is_ours() ? "shortage" : "target", run.aim},
                   {"unserved", run.unserved},
                   {"cost", run.cost},
                   {"workers_mean", run.workers_mean},
                   {"started", run.started}});
  }
  const nlohmann::json whole{{"trace", options.trace},
                             {"algorithm", options.algorithm},
                             {"steps", trace.requests.size()},
                             {"step_seconds", trace.step_seconds},
                             {"runs", all}};
  std::printf("%s\n", whole.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

void print_heading(const SimulateOptions& options, const DemandTrace& trace, const char* first) {
  std::printf("%s: %zu steps of %lld s; figures are of the last four fifths\n",
              options.trace.c_str(), trace.requests.size(),
              static_cast<long long>(trace.step_seconds));
  std::printf("%-22s %10s %14s %14s %10s\n", first, "unserved", "paid / needed", "workers, mean",
              "started");
}

void print_row(const std::string& first, const SimulatedRun& run) {
  std::printf("%-22s %9.3f%% %14.3f %14.2f %10llu\n", first.c_str(), 100.0 * run.unserved, run.cost,
              run.workers_mean, static_cast<unsigned long long>(run.started));
}

void print_table(const SimulateOptions& options, const DemandTrace& trace,
                 const std::vector<SimulatedRun>& runs) {
  print_heading(options, trace, options.is_ours() ? "shortage" : "target");
  for (std::size_t i = 0; i < runs.size(); ++i) print_row(options.aims()[i], runs[i]);
}

// Ours by its goal alone, the others each with the target that would have been best.
void print_comparison(const SimulateOptions& options, const DemandTrace& trace,
                      const std::vector<SimulatedRun>& ours) {
  print_heading(options, trace, "algorithm");
  for (std::size_t i = 0; i < ours.size(); ++i) {
    print_row("foretide " + options.shortages[i], ours[i]);
    for (const std::string& peer : peer_names()) {
      const auto run = cheapest_peer(trace, options.settings, peer, ours[i].aim);
      if (!run) {
        std::printf("%-22s stays below %s at no target\n", peer.c_str(),
                    options.shortages[i].c_str());
        continue;
      }
      char target[32];
      std::snprintf(target, sizeof target, " %.3g", run->aim);
      print_row(peer + target, *run);
    }
  }
  std::printf("The others' targets are the cheapest, in hindsight, that leave no more unserved.\n");
}

int usage_error(const std::string& what) {
  std::fprintf(stderr, "foretide: %s\n", what.c_str());
  return kUsage;
}

std::vector<SimulatedRun> runs_of(const SimulateOptions& options, const DemandTrace& trace,
                                  PeerAlgorithm peer) {
  std::vector<SimulatedRun> runs;
  if (peer != nullptr) {
    for (const std::string& target : options.targets) {
      runs.push_back(simulate_peer(trace, options.settings, peer, *target_in(target)));
    }
    return runs;
  }
  std::vector<double> shortages;
  for (const std::string& text : options.shortages) shortages.push_back(*share_in(text));
  return simulate(trace, options.settings, shortages);
}

int simulate_trace(const SimulateOptions& options) {
  const auto& settings = options.settings;
  const auto shortage_error = error_in(options.shortages, "--shortage", share_in,
                                       "share, as 1% or 0.01 (above 0, up to 50%)");
  if (!shortage_error.empty()) return usage_error(shortage_error);
  const auto target_error =
      error_in(options.targets, "--target", target_in, "number from 0.001 to 10000");
  if (!target_error.empty()) return usage_error(target_error);
  const PeerAlgorithm peer = peer_named(options.algorithm);
  if (options.compare && !options.is_ours()) {
    return usage_error("--compare runs all algorithms; leave --algorithm out");
  }
  if (settings.workers_min > settings.workers_max) {
    return usage_error("--min is more than --max");
  }
  const Result<DemandTrace> trace = read_demand_trace(options.trace);
  if (!trace) return usage_error(trace.error());
  if (std::none_of(trace->requests.begin(), trace->requests.end(),
                   [](const auto& step) { return step.has_value(); })) {
    return usage_error(options.trace + ": nothing is known in any of its rows");
  }
  if (lead_steps_for(settings.start_seconds, trace->step_seconds) >
      foretide::coordinator::kLeadStepsMax) {
    return usage_error("--start-time is more than a thousand steps of the trace");
  }
  const std::vector<SimulatedRun> runs = runs_of(options, *trace, peer);
  if (!options.decisions.empty()) {
    if (const auto error = write_decisions(options, *trace, runs); !error.empty()) {
      std::fprintf(stderr, "foretide: %s\n", error.c_str());
      return kFailed;
    }
  }
  if (options.compare) {
    print_comparison(options, *trace, runs);
  } else if (options.json) {
    print_json(options, *trace, runs);
  } else {
    print_table(options, *trace, runs);
  }
  return kDone;
}

}  // namespace

void add_simulate(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand(
      "simulate", "What prediction would have done along a recorded demand, and what it costs");
  auto options = std::make_shared<SimulateOptions>();
  auto& settings = options->settings;
  verb->add_option("--trace", options->trace,
                   "The demand: a line '# step_s=60', then rows 't_s,requests' (nan: not known)")
      ->required();
  verb->add_option("--capacity", settings.capacity_rps, "Requests a second that one worker serves")
      ->required()
      ->check(between(1e-9, 1e12));
  verb->add_option("--start-time", settings.start_seconds,
                   "Seconds from asking for a worker until it is ready")
      ->required()
      ->check(between(0, 86400));
  verb->add_option("--min", settings.workers_min, "The fewest workers")
      ->check(CLI::Range(0u, 10'000u))
      ->capture_default_str();
  verb->add_option("--max", settings.workers_max, "The most workers")
      ->check(CLI::Range(1u, 10'000u))
      ->capture_default_str();
  verb->add_option("--predict", options->predict, "off: the reactive rules alone")
      ->check(CLI::IsMember({"off", "auto"}))
      ->capture_default_str();
  verb->add_option("--shortage", options->shortages,
                   "The share of demand that may find no free worker; several by commas")
      ->delimiter(',')
      ->capture_default_str();
  std::vector<std::string> algorithms = peer_names();
  algorithms.insert(algorithms.begin(), "foretide");
  verb->add_option("--algorithm", options->algorithm, "Whose rules decide")
      ->check(CLI::IsMember(algorithms))
      ->capture_default_str();
  verb->add_option(
          "--target", options->targets,
          "Of another algorithm: the share of a worker to load, or for static their number")
      ->delimiter(',')
      ->capture_default_str();
  auto* const compare =
      verb->add_flag("--compare", options->compare,
                     "Print what the other algorithms would have cost for the same shortage");
  verb->add_option("--decisions", options->decisions,
                   "Write each step's decision to this file; with several shortages a folder");
  verb->add_flag("--json", options->json, "Print the figures as JSON")->excludes(compare);
  verb->footer(
      "Example:\n  foretide simulate --trace monday.csv --capacity 12 --start-time 40"
      " --shortage 0.5%,1%,2%");
  verb->callback([options, &exit_code] {
    if (options->predict == "off") options->settings.predict = ScaleSettings::Predict::kOff;
    exit_code = simulate_trace(*options);
  });
}

}  // namespace foretide::cli
