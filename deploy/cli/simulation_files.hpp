// The files that a simulation writes: each run's decisions and a picture. They are opened before
// anything is computed, so that nobody waits for a run whose result then has no place. Folders are
// not made, but for the one that --decisions names for several runs, with those that it lies in.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "deploy/cli/simulate_options.hpp"

namespace foretide::cli {

struct SimulationFile {
  std::string option, path;
  std::ofstream out;

  // Everything has reached the file; its end.
  Outcome close();
};

struct SimulationFiles {
  std::vector<SimulationFile> decisions;  // one for each aim, or none
  std::vector<SimulationFile> plot;       // one or none
};

Result<SimulationFiles> open_files(const SimulateOptions& options);

}  // namespace foretide::cli
