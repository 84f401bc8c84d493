#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "deploy/cli/simulate_options.hpp"
#include "deploy/cli/simulate_replay.hpp"
#include "deploy/cli/simulation_files.hpp"
#include "deploy/cli/simulation_output.hpp"
#include "deploy/cli/verbs.hpp"

namespace foretide::cli {
namespace {

std::vector<SimulatedRun> runs_of(const SimulateOptions& options, const DemandTrace& trace) {
  std::vector<SimulatedRun> runs;
  if (const PeerAlgorithm peer = peer_named(options.algorithm); peer != nullptr) {
    for (const std::string& target : options.targets) {
      runs.push_back(simulate_peer(trace, options.settings, peer, *target_in(target)));
    }
    return runs;
  }
  std::vector<double> shortages;
  for (const std::string& text : options.shortages) shortages.push_back(*shortage_in(text));
  return simulate(trace, options.settings, shortages);
}

void print(const Simulated& it) {
  if (it.options.compare) {
    const std::vector<Comparison> all = comparisons_of(it);
    it.options.json ? print_json(it, all) : print_table(it, all);
  } else {
    it.options.json ? print_json(it) : print_table(it);
  }
}

int failed(const std::string& what, int exit_code) {
  std::fprintf(stderr, "foretide: %s\n", what.c_str());
  return exit_code;
}

int simulate_trace(SimulateOptions& options) {
  if (const Outcome good = check_options(options); !good) return failed(good.error(), kUsage);
  if (options.replay) return simulate_replay(options);
  const Result<TraceRead> read = trace_for(options);
  if (!read) return failed(read.error(), options.from_history.empty() ? kUsage : kFailed);
  Result<SimulationFiles> files = open_files(options);
  if (!files) return failed(files.error(), kFailed);
  const std::vector<SimulatedRun> runs = runs_of(options, read->trace);
  const Simulated it{options, read->trace, runs, read->recorded};
  if (const Outcome written = write_files(it, *files); !written) {
    return failed(written.error(), kFailed);
  }
  print(it);
  return kDone;
}

}  // namespace

void add_simulate(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand(
      "simulate", "What prediction would have done along a recorded demand, and what it costs");
  auto options = std::make_shared<SimulateOptions>();
  add_simulate_options(*verb, *options);
  verb->footer(
      "Examples:\n  foretide simulate --trace monday.csv --capacity 12 --start-time 40s"
      " --shortage 0.5%,1%,2%\n  foretide simulate --from-history web --shortage 0.5%,1%"
      "\n  foretide simulate --from-history web --replay");
  verb->callback([verb, options, &exit_code] {
    note_given(*verb, *options);
    exit_code = simulate_trace(*options);
  });
}

}  // namespace foretide::cli
