// What `foretide simulate` tells of its runs: files with a row for each step, a picture, and a
// table or JSON on the terminal. A run that left more unserved than its goal allows is marked
// wherever its figures stand: what it paid is then no price for that goal.
#pragma once

#include <vector>

#include "common/result.hpp"
#include "deploy/cli/simulate_options.hpp"
#include "deploy/cli/simulation_files.hpp"

namespace foretide::cli {

// What was simulated, and what came of it; they outlive it.
struct Simulated {
  const SimulateOptions& options;
  const DemandTrace& trace;
  const std::vector<SimulatedRun>& runs;  // one for each aim
  const std::optional<RecordedDemand>& recorded;
};

Outcome write_files(const Simulated& it, SimulationFiles& files);

// Ours by its goal alone, the others each with the target that would have been best for that goal.
struct Comparison {
  struct Row {
    std::string algorithm;
    SimulatedRun run;
  };
  std::string shortage;  // as it was given
  double goal = 0.0;
  std::vector<Row> rows{};  // ours first
};
std::vector<Comparison> comparisons_of(const Simulated& it);

void print_json(const Simulated& it);
void print_json(const Simulated& it, const std::vector<Comparison>& all);
void print_table(const Simulated& it);
void print_table(const Simulated& it, const std::vector<Comparison>& all);

}  // namespace foretide::cli
