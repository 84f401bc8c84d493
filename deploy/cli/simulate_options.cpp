#include "deploy/cli/simulate_options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <set>

#include "common/settings/numbers.hpp"
#include "coordinator/core/predict/need_policies.hpp"
#include "deploy/cli/duration_option.hpp"
#include "deploy/cli/number_option.hpp"
#include "deploy/cli/simulate_uses.hpp"

namespace foretide::cli {
namespace {

Outcome check_list(const std::vector<std::string>& texts, const std::string& option,
                   std::optional<double> (*read)(const std::string&), const std::string& wanted) {
  std::set<double> seen;
  for (const std::string& text : texts) {
    const auto number = read(text);
    if (!number) return Error{option + ": '" + text + "' is no " + wanted};
    if (!seen.insert(*number).second) return Error{option + ": '" + text + "' is given twice"};
  }
  return Done{};
}

void add_plant_options(CLI::App& verb, SimulateOptions& options) {
  SimulationSettings& settings = options.settings;
  verb.add_option("--trace", options.trace,
                  "The demand: a line '# step_s=60', then rows 't_s,requests' (nan: not known)");
  verb.add_option("--from-history", options.from_history,
                  "In its place the demand that the coordinator has recorded of this service");
  verb.add_option("--grain", options.grain,
                  "Of that: second (the last hour), minute (fifteen days), hour (two years)")
      ->check(CLI::IsMember({"second", "minute", "hour"}))
      ->capture_default_str();
  verb.add_option("--capacity", settings.capacity_rps, "Requests a second that one worker serves")
      ->check(between(1e-9, 1e12));
  verb.add_option("--start-time", settings.start_seconds,
                  "How long from asking for a worker until it is ready: seconds, or as 40s or 2m")
      ->transform(seconds_between(0, 86400));
  verb.add_option("--min", settings.workers_min, "The fewest workers")
      ->check(CLI::Range(0u, 10'000u))
      ->capture_default_str();
  verb.add_option("--max", settings.workers_max, "The most workers")
      ->check(CLI::Range(1u, 10'000u))
      ->capture_default_str();
}

// A word of its own is refused with those that there are. `shadow` is one in a cluster file: there
// prediction is shown and decides nothing, as with `off` here.
void add_predict_option(CLI::App& verb, ScaleSettings::Predict& predict) {
  const auto take = [&predict](const std::string& word) {
    if (word != "auto" && word != "off") {
      throw CLI::ValidationError("--predict", "'" + word + "' is neither auto nor off");
    }
    predict = word == "off" ? ScaleSettings::Predict::kOff : ScaleSettings::Predict::kAuto;
  };
  verb.add_option_function<std::string>(
          "--predict", take, "auto: predict where it pays; off: the reactive rules alone")
      ->type_name("auto|off");
}

void add_aim_options(CLI::App& verb, SimulateOptions& options) {
  verb.add_option("--shortage", options.shortages,
                  "The share of demand that may find no free worker; several by commas")
      ->delimiter(',')
      ->capture_default_str();
  add_predict_option(verb, options.settings.predict);
  std::vector<std::string> algorithms = peer_names();
  algorithms.insert(algorithms.begin(), "foretide");
  verb.add_option("--algorithm", options.algorithm, "Whose rules decide")
      ->check(CLI::IsMember(algorithms))
      ->capture_default_str();
  verb.add_option("--target", options.targets,
                  "Of another algorithm: the share of a worker to load, or for static their number")
      ->delimiter(',')
      ->capture_default_str();
}

}  // namespace

std::optional<double> shortage_in(const std::string& text) {
  const auto share = settings::parse_share(text);
  return share && *share > 0.0 && *share <= 0.5 ? share : std::nullopt;
}

std::optional<double> target_in(const std::string& text) {
  const auto target = settings::parse_number(text);
  return target && *target >= 0.001 && *target <= 1e4 ? target : std::nullopt;
}

void add_simulate_options(CLI::App& verb, SimulateOptions& options) {
  add_plant_options(verb, options);
  add_aim_options(verb, options);
  verb.add_flag(
      "--replay", options.replay,
      "With --from-history: make the decisions of the last day again from what they were made of, "
      "and tell whether they come out the same, or what --shortage, --min and --max would change");
  verb.add_flag("--compare", options.compare,
                "Print what the other algorithms would have cost for the same shortage");
  verb.add_option("--decisions", options.decisions,
                  "Write each step's decision to this file, of ours with --compare; with several "
                  "shortages or targets a folder (demand and forecast in requests a second)");
  verb.add_option("--plot", options.plot,
                  "Draw demand, forecast, workers and shortage into this SVG file, of one run");
  verb.add_flag("--json", options.json, "Print the figures as JSON");
  add_admin_options(verb, options.access);
}

void note_given(const CLI::App& verb, SimulateOptions& options) {
  for (const CLI::Option* option : verb.get_options()) {
    if (option->count() > 0) options.given.insert(option->get_name());
  }
  options.shortage_given = options.given.contains("--shortage");
  options.min_given = options.given.contains("--min");
  options.max_given = options.given.contains("--max");
}

namespace {

Outcome check_replay(const SimulateOptions& options) {
  if (options.min_given && options.max_given &&
      options.settings.workers_min > options.settings.workers_max) {
    return Error{"--min is more than --max"};
  }
  if (options.shortages.size() > 1) {
    return Error{"--replay tries one --shortage, not " + std::to_string(options.shortages.size())};
  }
  return Done{};
}

}  // namespace

Outcome check_options(const SimulateOptions& options) {
  const bool is_recorded = !options.from_history.empty();
  if (is_recorded != options.trace.empty()) {
    return Error{"give either --trace FILE or --from-history SERVICE"};
  }
  if (Outcome good = check_uses(options); !good) return good;
  if (!is_recorded &&
      (options.settings.capacity_rps <= 0.0 || options.settings.start_seconds < 0)) {
    return Error{
        "--trace wants --capacity and --start-time too, such as --capacity 12 --start-time 40s"};
  }
  if (Outcome good = check_list(options.shortages, "--shortage", shortage_in,
                                "share, as 1% or 0.01 (above 0, up to 50%)");
      !good) {
    return good;
  }
  if (Outcome good =
          check_list(options.targets, "--target", target_in, "number from 0.001 to 10000");
      !good) {
    return good;
  }
  if (options.replay) return check_replay(options);
  if (!options.plot.empty() && options.aims().size() > 1) {
    return Error{std::string("--plot draws one run; give one ") +
                 (options.is_ours() ? "--shortage" : "--target") + ", not " +
                 std::to_string(options.aims().size())};
  }
  if (!options.plot.empty() && options.plot == options.decisions) {
    return Error{"--plot and --decisions name the same file"};
  }
  return Done{};
}

namespace {

// What was not given is as the service is set.
void complete(SimulateOptions& options, const RecordedDemand& recorded) {
  SimulationSettings& settings = options.settings;
  options.trace = options.from_history;
  if (settings.capacity_rps <= 0.0) settings.capacity_rps = recorded.capacity;
  if (settings.start_seconds < 0.0) settings.start_seconds = recorded.start_seconds;
  if (!options.min_given) settings.workers_min = recorded.workers_min;
  if (!options.max_given) settings.workers_max = std::max(1U, recorded.workers_max);
  if (options.shortage_given) return;
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", recorded.shortage);
  options.shortages = {text};
}

Result<TraceRead> read_trace(SimulateOptions& options) {
  if (options.from_history.empty()) {
    auto trace = read_demand_trace(options.trace);
    if (!trace) return Error{trace.error()};
    return TraceRead{std::move(*trace), {}};
  }
  auto recorded = recorded_demand_of(options.access, options.from_history, options.grain);
  if (!recorded) return Error{recorded.error()};
  complete(options, *recorded);
  return TraceRead{recorded->trace, *recorded};
}

}  // namespace

Result<TraceRead> trace_for(SimulateOptions& options) {
  Result<TraceRead> read = read_trace(options);
  if (!read) return read;
  const DemandTrace& trace = read->trace;
  if (std::none_of(trace.requests.begin(), trace.requests.end(),
                   [](const auto& step) { return step.has_value(); })) {
    return Error{options.trace + ": nothing is known in any of its rows"};
  }
  const auto lead = lead_steps_for(options.settings.start_seconds, trace.step_seconds);
  if (lead > coordinator::kLeadStepsMax) {
    return Error{"--start-time is more than a thousand steps of the trace"};
  }
  if (options.settings.workers_min > options.settings.workers_max) {
    return Error{"--min is more than --max"};
  }
  return read;
}

}  // namespace foretide::cli
