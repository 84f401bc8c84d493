#include <algorithm>
#include <cstdio>

#include "coordinator/core/text.hpp"
#include "deploy/cli/simulation_output.hpp"

namespace foretide::cli {
namespace {

void print_heading(const Simulated& it, const char* first) {
  std::printf("%s: %s of %lld s; figures are of the last four fifths\n", it.options.trace.c_str(),
              coordinator::counted(it.trace.requests.size(), "step", "steps").c_str(),
              static_cast<long long>(it.trace.step_seconds));
  std::printf("%-22s %10s %14s %14s %10s\n", first, "unserved", "paid / needed", "workers, mean",
              "started");
  const auto figures_from =
      it.trace.requests.begin() + static_cast<std::ptrdiff_t>(judged_from(it.trace));
  if (std::none_of(figures_from, it.trace.requests.end(),
                   [](const auto& requests) { return requests && *requests > 0.0; })) {
    std::printf("No demand is known of them: the figures below are of nothing.\n");
  }
  if (!it.recorded) return;
  std::printf("%-22s %9.3f%% %14s %14.2f %10s\n", "as it was, in all",
              100.0 * it.recorded->unserved, "", it.recorded->workers_mean, "");
}

// The remarks below a table, each only where it is about something in it.
class Footnotes {
 public:
  explicit Footnotes(const Simulated& it) : it_(it) {}

  // The mark behind a run's share.
  char mark_of(const SimulatedRun& run, double goal) {
    if (!run.misses(goal)) return ' ';
    any_missed_ = true;
    const auto at_max = [&](const SimulatedStep& step) {
      return step.desired >= it_.options.settings.workers_max;
    };
    any_at_max_ = any_at_max_ || std::any_of(run.steps.begin(), run.steps.end(), at_max);
    return '*';
  }

  void print() const {
    if (any_missed_) {
      std::printf("* missed its goal: more was left unserved, so it is no price for that goal.\n");
    }
    if (any_at_max_) {
      std::printf("  All of --max %u was asked for in it; more workers may be what it takes.\n",
                  it_.options.settings.workers_max);
    }
    if (!it_.recorded) return;
    std::printf(
        "'As it was' holds the recorded load against the workers that were ready at the time, at "
        "the\ncapacity of now (%.3g each), since that of the time is not recorded. What waited "
        "inside\na worker or the balancer is told by 'foretide explain', not here.\n",
        it_.recorded->capacity);
  }

 private:
  const Simulated& it_;
  bool any_missed_ = false, any_at_max_ = false;
};

void print_row(const std::string& first, const SimulatedRun& run, char mark) {
  std::printf("%-22s %9.3f%%%c%14.3f %14.2f %10llu\n", first.c_str(), 100.0 * run.unserved, mark,
              run.cost, run.workers_mean, static_cast<unsigned long long>(run.started));
}

}  // namespace

void print_table(const Simulated& it) {
  print_heading(it, it.options.is_ours() ? "shortage" : "target");
  Footnotes footnotes(it);
  for (std::size_t i = 0; i < it.runs.size(); ++i) {
    const SimulatedRun& run = it.runs[i];
    const char mark = it.options.is_ours() ? footnotes.mark_of(run, run.aim) : ' ';
    print_row(it.options.aims()[i], run, mark);
  }
  footnotes.print();
}

void print_table(const Simulated& it, const std::vector<Comparison>& all) {
  print_heading(it, "algorithm");
  Footnotes footnotes(it);
  for (const Comparison& comparison : all) {
    for (const auto& [algorithm, run] : comparison.rows) {
      char aim[32];
      std::snprintf(aim, sizeof aim, " %.3g", run.aim);
      const std::string last = algorithm == "foretide" ? " " + comparison.shortage : aim;
      print_row(algorithm + last, run, footnotes.mark_of(run, comparison.goal));
    }
  }
  footnotes.print();
  std::printf(
      "The others' targets are the cheapest, in hindsight, that leave no more than the goal "
      "unserved.\n");
}

}  // namespace foretide::cli
