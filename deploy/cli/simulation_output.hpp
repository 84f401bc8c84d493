// What `foretide simulate` tells of its runs: files with a row for each step, a table, a comparison
// or JSON on the terminal, and a picture.
#pragma once

#include <vector>

#include "common/result.hpp"
#include "deploy/cli/simulate_options.hpp"

namespace foretide::cli {

// What was simulated, and what came of it; they outlive it.
struct Simulated {
  const SimulateOptions& options;
  const DemandTrace& trace;
  const std::vector<SimulatedRun>& runs;  // one for each aim
  const std::optional<RecordedDemand>& recorded;
};

// With one aim a file, with several a folder with one for each.
Outcome write_decisions(const Simulated& it);
Outcome write_plot(const Simulated& it);

void print_json(const Simulated& it);
void print_table(const Simulated& it);
// Ours by its goal alone, the others each with the target that would have been best.
void print_comparison(const Simulated& it);

}  // namespace foretide::cli
