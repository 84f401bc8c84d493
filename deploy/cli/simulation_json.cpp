#include <cstdio>
#include <nlohmann/json.hpp>

#include "deploy/cli/simulation_output.hpp"

namespace foretide::cli {
namespace {

using nlohmann::json;

json figures_of(const SimulatedRun& run) {
  return {{"unserved", run.unserved},
          {"cost", run.cost},
          {"workers_mean", run.workers_mean},
          {"started", run.started}};
}

json heading_of(const Simulated& it) {
  json whole{{"trace", it.options.trace},
             {"steps", it.trace.requests.size()},
             {"step_seconds", it.trace.step_seconds}};
  if (it.recorded) {
    whole["as_it_was"] = {{"unserved", it.recorded->unserved},
                          {"workers_mean", it.recorded->workers_mean},
                          {"capacity_of_now", it.recorded->capacity}};
  }
  return whole;
}

void print(const json& whole) {
  std::printf("%s\n", whole.dump(2, ' ', false, json::error_handler_t::replace).c_str());
}

}  // namespace

void print_json(const Simulated& it) {
  json runs = json::array();
  for (const SimulatedRun& run : it.runs) {
    json one = figures_of(run);
    one[it.options.is_ours() ? "shortage" : "target"] = run.aim;
    if (it.options.is_ours()) one["goal_missed"] = run.misses(run.aim);
    runs.push_back(std::move(one));
  }
  json whole = heading_of(it);
  whole["algorithm"] = it.options.algorithm;
  whole["runs"] = std::move(runs);
  print(whole);
}

void print_json(const Simulated& it, const std::vector<Comparison>& all) {
  json whole = heading_of(it);
  for (const Comparison& comparison : all) {
    json runs = json::array();
    for (const auto& [algorithm, run] : comparison.rows) {
      json one = figures_of(run);
      one["algorithm"] = algorithm;
      one["goal_missed"] = run.misses(comparison.goal);
      if (algorithm != "foretide") one["target"] = run.aim;
      runs.push_back(std::move(one));
    }
    whole["comparisons"].push_back({{"shortage", comparison.goal}, {"runs", std::move(runs)}});
  }
  print(whole);
}

}  // namespace foretide::cli
