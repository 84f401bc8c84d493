// `foretide simulate --from-history SERVICE --replay`: the decisions that a running coordinator has
// recorded, made again of the moments that they were made of.
#pragma once

#include "deploy/cli/simulate_options.hpp"

namespace foretide::cli {

// Fetches, replays and prints. The exit code is kFailed where something came out other than it was
// recorded with the same settings.
int simulate_replay(const SimulateOptions& options);

}  // namespace foretide::cli
