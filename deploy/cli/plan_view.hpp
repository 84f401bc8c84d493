// What `foretide plan` prints of the coordinator's answer (POST /v1/plan): a heading for each
// service that is touched, a line for each key, and what becomes of its workers.
//
//   web changes
//     scale.min: 1 -> 4 (at once)
//     workers: 3 more now, 4 in all
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "deploy/cli/terminal.hpp"

namespace foretide::cli {

struct PlanLine {
  std::size_t margin = 0;  // blanks before it
  Line line;
};

std::vector<PlanLine> lines_for_plan(const nlohmann::json& plan);

}  // namespace foretide::cli
