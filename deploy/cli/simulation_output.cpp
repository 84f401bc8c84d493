#include "deploy/cli/simulation_output.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

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

Outcome write_file(const std::filesystem::path& path, const Simulated& it,
                   const SimulatedRun& run) {
  std::ofstream out(path);
  if (out) write_rows(out, it, run);
  out.close();
  if (!out) return Error{path.string() + ": " + std::strerror(errno)};
  return Done{};
}

void print_heading(const Simulated& it, const char* first) {
  std::printf("%s: %zu steps of %lld s; figures are of the last four fifths\n",
              it.options.trace.c_str(), it.trace.requests.size(),
              static_cast<long long>(it.trace.step_seconds));
  std::printf("%-22s %10s %14s %14s %10s\n", first, "unserved", "paid / needed", "workers, mean",
              "started");
}

void print_recorded(const Simulated& it) {
  if (!it.recorded) return;
  std::printf("%-22s %9.3f%% %14s %14.2f %10s\n", "as it was, in all",
              100.0 * it.recorded->unserved, "", it.recorded->workers_mean, "");
}

void print_row(const std::string& first, const SimulatedRun& run) {
  std::printf("%-22s %9.3f%% %14.3f %14.2f %10llu\n", first.c_str(), 100.0 * run.unserved, run.cost,
              run.workers_mean, static_cast<unsigned long long>(run.started));
}

}  // namespace

Outcome write_decisions(const Simulated& it) {
  const std::filesystem::path whole = it.options.decisions;
  if (it.runs.size() == 1) return write_file(whole, it, it.runs.front());
  std::error_code failed;
  std::filesystem::create_directories(whole, failed);
  if (failed) return Error{whole.string() + ": " + failed.message()};
  for (std::size_t i = 0; i < it.runs.size(); ++i) {
    const Outcome written = write_file(whole / (it.options.aims()[i] + ".csv"), it, it.runs[i]);
    if (!written) return written;
  }
  return Done{};
}

Outcome write_plot(const Simulated& it) {
  std::ofstream out(it.options.plot);
  out << plot_of({.trace = it.trace,
                  .settings = it.options.settings,
                  .run = it.runs.front(),
                  .name = std::filesystem::path(it.options.trace).filename().string(),
                  .algorithm = it.options.algorithm,
                  .aim = it.options.aims().front()});
  out.close();
  if (!out) return Error{it.options.plot + ": " + std::strerror(errno)};
  return Done{};
}

void print_json(const Simulated& it) {
  nlohmann::json all = nlohmann::json::array();
  for (const SimulatedRun& run : it.runs) {
    all.push_back({{it.options.is_ours() ? "shortage" : "target", run.aim},
                   {"unserved", run.unserved},
                   {"cost", run.cost},
                   {"workers_mean", run.workers_mean},
                   {"started", run.started}});
  }
  const nlohmann::json whole{{"trace", it.options.trace},
                             {"algorithm", it.options.algorithm},
                             {"steps", it.trace.requests.size()},
                             {"step_seconds", it.trace.step_seconds},
                             {"runs", all}};
  std::printf("%s\n", whole.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

void print_table(const Simulated& it) {
  print_heading(it, it.options.is_ours() ? "shortage" : "target");
  print_recorded(it);
  for (std::size_t i = 0; i < it.runs.size(); ++i) print_row(it.options.aims()[i], it.runs[i]);
}

void print_comparison(const Simulated& it) {
  print_heading(it, "algorithm");
  print_recorded(it);
  for (std::size_t i = 0; i < it.runs.size(); ++i) {
    const std::string& shortage = it.options.shortages[i];
    print_row("foretide " + shortage, it.runs[i]);
    for (const std::string& peer : peer_names()) {
      const auto run = cheapest_peer(it.trace, it.options.settings, peer, it.runs[i].aim);
      if (!run) {
        std::printf("%-22s stays below %s at no target\n", peer.c_str(), shortage.c_str());
        continue;
      }
      char target[32];
      std::snprintf(target, sizeof target, " %.3g", run->aim);
      print_row(peer + target, *run);
    }
  }
  std::printf("The others' targets are the cheapest, in hindsight, that leave no more unserved.\n");
}

}  // namespace foretide::cli
