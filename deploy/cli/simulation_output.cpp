#include "deploy/cli/simulation_output.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "deploy/cli/cheapest_peer.hpp"
#include "deploy/cli/simulation_plot.hpp"

namespace foretide::cli {
namespace {

std::string number_text(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", number);
  return text;
}

std::string in_one_cell(std::string text) {
  std::replace(text.begin(), text.end(), ',', ';');
  return text;
}

// One row for each step; demand and forecast in requests a second.
void write_rows(std::ostream& out, const Simulated& it, const SimulatedRun& run) {
  out << "t_s,desired,ready,demand,forecast,reason\n";
  const auto step_seconds = static_cast<double>(it.trace.step_seconds);
  for (std::size_t i = 0; i < run.steps.size(); ++i) {
    const SimulatedStep& step = run.steps[i];
    const std::int64_t time =
        it.trace.begins_at_seconds + static_cast<std::int64_t>(i) * it.trace.step_seconds;
    out << time << ',' << step.desired << ',' << step.ready << ','
        << (it.trace.requests[i] ? number_text(*it.trace.requests[i] / step_seconds) : "nan")
        << ',';
    if (it.options.is_ours()) {
      out << (step.forecast_rps ? number_text(*step.forecast_rps) : "nan") << ','
          << in_one_cell(step.reason) << '\n';
    } else {
      out << "nan," << it.options.algorithm << " at " << number_text(run.aim) << '\n';
    }
  }
}

std::string picture_of(const Simulated& it) {
  return plot_of({.trace = it.trace,
                  .settings = it.options.settings,
                  .run = it.runs.front(),
                  .name = std::filesystem::path(it.options.trace).filename().string(),
                  .algorithm = it.options.algorithm,
                  .aim = it.options.aims().front()});
}

}  // namespace

Outcome write_files(const Simulated& it, SimulationFiles& files) {
  for (std::size_t i = 0; i < files.decisions.size(); ++i) {
    write_rows(files.decisions[i].out, it, it.runs[i]);
    if (Outcome closed = files.decisions[i].close(); !closed) return closed;
  }
  for (SimulationFile& file : files.plot) {
    file.out << picture_of(it);
    if (Outcome closed = file.close(); !closed) return closed;
  }
  return Done{};
}

std::vector<Comparison> comparisons_of(const Simulated& it) {
  std::vector<Comparison> all;
  for (std::size_t i = 0; i < it.runs.size(); ++i) {
    Comparison one{.shortage = it.options.shortages[i], .goal = it.runs[i].aim};
    one.rows.push_back({"foretide", it.runs[i]});
    for (const std::string& peer : peer_names()) {
      one.rows.push_back({peer, cheapest_peer(it.trace, it.options.settings, peer, one.goal)});
    }
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace foretide::cli
