// foretide-sim: the coordinator's, the agent's and the balancer's cores under a simulated clock and
// a hostile network, one thread, one seed at a time. A seed that fails prints which promise was
// broken, the last lines of its history, and the command that replays it; and the program ends with
// status 1.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/simulation/run.hpp"

namespace foretide::simulation {
namespace {

struct Wanted {
  Options options;
  std::uint64_t seeds = 1;
  std::string history_file, seeds_file;
  std::string same_as;   // the mode of prediction in which the numbers have to be the same
  std::string expected;  // the invariant that has to be broken by some seed
};

std::vector<std::uint64_t> seeds_for(const Wanted& wanted) {
  std::vector<std::uint64_t> seeds;
  if (wanted.seeds_file.empty()) {
    for (std::uint64_t i = 0; i < wanted.seeds; ++i) seeds.push_back(wanted.options.seed + i);
    return seeds;
  }
  std::ifstream file(wanted.seeds_file);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') seeds.push_back(std::stoull(line));
  }
  return seeds;
}

std::string command_for(const Options& options) {
  std::ostringstream command;
  command << "foretide-sim --seed " << options.seed << " --minutes " << options.minutes;
  if (options.nodes) command << " --nodes " << *options.nodes;
  if (!options.predict.empty()) command << " --predict " << options.predict;
  if (!options.broken.empty()) command << " --break " << options.broken;
  return command.str();
}

void print_violation(const Options& options, const Violation& violation) {
  std::ostringstream unused;
  const RunResult again = run(options, &unused);
  for (const std::string& line : again.last_lines) std::cout << line << '\n';
  std::cout << "\nseed " << options.seed << ", " << seconds_in(violation.at)
            << " s: " << violation.invariant << ": " << violation.what
            << "\nreplay: " << command_for(options) << " --history FILE" << std::endl;
}

// Where the numbers first part.
void print_parting(const Wanted& wanted, const Options& options, const RunResult& one,
                   const RunResult& other) {
  const auto text = [](const RunResult& result, std::size_t at) {
    return at < result.changes.size() ? text_of(result.changes[at]) : std::string("no more");
  };
  std::size_t at = 0;
  while (at < one.changes.size() && at < other.changes.size() &&
         one.changes[at] == other.changes[at]) {
    ++at;
  }
  std::cout << "seed " << options.seed << ": shadow-decides: with --predict " << options.predict
            << ": " << text(one, at) << "; with --predict " << wanted.same_as << ": "
            << text(other, at) << "\nreplay: " << command_for(options) << " --same-as "
            << wanted.same_as << std::endl;
}

// Whether the seed's numbers are the same in the other mode, if there is one.
bool is_same(const Wanted& wanted, const Options& options, const RunResult& result) {
  if (wanted.same_as.empty()) return true;
  Options other = options;
  other.predict = wanted.same_as;
  const RunResult compared = run(other, nullptr);
  if (compared.changes == result.changes) return true;
  print_parting(wanted, options, result, compared);
  return false;
}

struct Sums {
  std::uint64_t seeds = 0, events = 0, requests = 0, failed = 0, refused = 0;
  std::size_t changes = 0, predicted = 0;
  Duration simulated{};
  double rest = 0.0, rest_longest = 0.0;

  void add(const RunResult& result) {
    ++seeds;
    simulated += result.simulated;
    events += result.events;
    requests += result.requests;
    failed += result.failed;
    refused += result.refused;
    changes += result.changes.size();
    predicted += static_cast<std::size_t>(
        std::count_if(result.changes.begin(), result.changes.end(),
                      [](const NumberChange& change) { return change.rule == "predicted"; }));
    if (!result.came_to_rest_after) return;
    rest += seconds_in(*result.came_to_rest_after);
    rest_longest = std::max(rest_longest, seconds_in(*result.came_to_rest_after));
  }
  void print(double seconds) const {
    std::cout << seeds << " seeds, " << seconds_in(simulated) / 60.0 << " simulated minutes in "
              << seconds << " s (" << std::llround(seconds_in(simulated) / seconds)
              << " times real time), " << events << " events\n"
              << "requests known to the last coordinators: " << requests << ", failed " << failed
              << ", refused " << refused << "\nnumbers changed " << changes << " times, "
              << predicted << " by prediction\nat rest " << rest / static_cast<double>(seeds)
              << " s after the faults ended in the mean, " << rest_longest << " s at most\n";
  }
};

// Every seed has to pass; the first that does not ends it.
int play(const Wanted& wanted) {
  const auto began = std::chrono::steady_clock::now();
  Sums sums;
  for (const std::uint64_t seed : seeds_for(wanted)) {
    Options options = wanted.options;
    options.seed = seed;
    std::ofstream file;
    if (!wanted.history_file.empty()) file.open(wanted.history_file);
    const RunResult result = run(options, file.is_open() ? &file : nullptr);
    sums.add(result);
    if (!result.violation && is_same(wanted, options, result)) continue;
    if (result.violation) print_violation(options, *result.violation);
    return 1;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  sums.print(took.count());
  return 0;
}

// Some seed has to break the invariant that is expected.
int search(const Wanted& wanted) {
  std::map<std::string, int> broken;
  for (const std::uint64_t seed : seeds_for(wanted)) {
    Options options = wanted.options;
    options.seed = seed;
    const RunResult result = run(options, nullptr);
    if (!result.violation) continue;
    ++broken[result.violation->invariant];
    if (result.violation->invariant != wanted.expected) continue;
    print_violation(options, *result.violation);
    std::cout << "found, as expected\n";
    return 0;
  }
  std::cout << wanted.expected << " was not broken by any seed; broken were:";
  for (const auto& [name, count] : broken) std::cout << ' ' << name << " (" << count << ")";
  std::cout << '\n';
  return 1;
}

}  // namespace
}  // namespace foretide::simulation

int main(int count, char** words) {
  foretide::simulation::Wanted wanted;
  CLI::App app("Foretide's cores under a simulated clock and a hostile network.");
  app.add_option("--seed", wanted.options.seed, "first seed");
  app.add_option("--seeds", wanted.seeds, "how many, one after the other");
  app.add_option("--seeds-from", wanted.seeds_file, "file with one seed a line, in place of these")
      ->check(CLI::ExistingFile);
  app.add_option("--minutes", wanted.options.minutes, "simulated time of each")
      ->check(CLI::Range(5.0, 10'000.0));
  app.add_option("--nodes", wanted.options.nodes, "hosts; chosen by the seed if not given")
      ->check(CLI::Range(1, 200));
  app.add_option("--break", wanted.options.broken, "switch one protection off")
      ->check(CLI::IsMember({"fencing", "drain-ack", "absence"}));
  const auto modes = CLI::IsMember({"off", "shadow", "auto"});
  app.add_option("--predict", wanted.options.predict, "scenarios to predict in, in this mode")
      ->check(modes);
  app.add_option("--same-as", wanted.same_as, "the numbers have to be the same in this mode")
      ->check(modes);
  app.add_option("--expect", wanted.expected, "succeed only if a seed breaks this invariant");
  app.add_option("--history", wanted.history_file,
                 "write all that happened there (last seed wins)");
  CLI11_PARSE(app, count, words);
  return wanted.expected.empty() ? foretide::simulation::play(wanted)
                                 : foretide::simulation::search(wanted);
}
