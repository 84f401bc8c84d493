// How `foretide simulate` is called: its options, and what is wrong with them beyond what the
// parser of the command line refuses.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "deploy/cli/demand_trace.hpp"
#include "deploy/cli/recorded_demand.hpp"
#include "deploy/cli/simulation.hpp"

namespace CLI {
class App;
}

namespace foretide::cli {

struct SimulateOptions {
  std::string trace, decisions, plot;
  std::string from_history, grain = "minute";  // a service, in place of a trace
  AdminAccess access;
  SimulationSettings settings;
  std::vector<std::string> shortages{"1%"};
  std::string algorithm = "foretide";
  std::vector<std::string> targets{"0.7"};
  std::set<std::string> given;  // the options on the command line, as "--grain"
  bool shortage_given = false, min_given = false, max_given = false;
  bool compare = false;
  bool replay = false;  // the recorded decisions are made again, in place of a simulation
  bool json = false;

  bool is_ours() const { return algorithm == "foretide"; }
  // What each run aims at, as it was given.
  const std::vector<std::string>& aims() const { return is_ours() ? shortages : targets; }
};

void add_simulate_options(CLI::App& verb, SimulateOptions& options);
// After the command line was parsed.
void note_given(const CLI::App& verb, SimulateOptions& options);

// What contradicts itself or makes no sense.
Outcome check_options(const SimulateOptions& options);
// The trace, if these options can be played on it. A recorded one completes what was not given on
// the command line with what its service is set to, and `recorded` tells what came of it then.
struct TraceRead {
  DemandTrace trace;
  std::optional<RecordedDemand> recorded;
};
Result<TraceRead> trace_for(SimulateOptions& options);

// A share above 0 and up to a half; a target from 0.001 to 10000.
std::optional<double> shortage_in(const std::string& text);
std::optional<double> target_in(const std::string& text);

}  // namespace foretide::cli
