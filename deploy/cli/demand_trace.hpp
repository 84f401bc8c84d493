// A recorded demand as a file: how many requests came in each step of time.
//
//   # anything; one of these lines says step_s=60
//   t_s,value
//   0,120
//   60,nan
//
// Rows stand in the order of time, one for each step; `nan` is a step of which nothing is known,
// which is not the same as none. What is not so is refused with the line and column, so that no
// forecast is ever made from a slip of the pen. What spreadsheets add is taken as it is meant: a
// byte-order mark in front, CR at the ends of lines.
#pragma once

#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "common/result.hpp"

namespace foretide::cli {

struct DemandTrace {
  std::int64_t step_seconds = 0;
  std::int64_t begins_at_seconds = 0;             // t_s of the first row
  std::vector<std::optional<double>> requests{};  // in each step
};

// `name` is what an error calls it.
Result<DemandTrace> read_demand_trace(std::istream& in, const std::string& name);
Result<DemandTrace> read_demand_trace(const std::string& path);

}  // namespace foretide::cli
