// foretide-sim: the coordinator's, the agent's and the balancer's cores under a simulated clock and a
// hostile network, one thread, one seed at a time. A seed that fails prints which promise was broken, the
// last lines of its history, and the command that replays it; and the program ends with status 1.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
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
  bool expect_violation = false;
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
  if (!options.broken.empty()) command << " --break " << options.broken;
  return command.str();
}

void print_violation(const Options& options, const Violation& violation) {
  std::ostringstream unused;
  const RunResult again = run(options, &unused);
  for (const std::string& line : again.last_lines) std::cout << line << '\n';
  std::cout << "\nseed " << options.seed << ", " << seconds_in(violation.at) << " s: "
            << violation.invariant << ": " << violation.what << "\nreplay: " << command_for(options)
            << " --history FILE" << std::endl;
}

int play(const Wanted& wanted) {
  const auto began = std::chrono::steady_clock::now();
  RunResult sum;
  double rest = 0.0, rest_longest = 0.0;
  std::uint64_t played = 0;
  for (const std::uint64_t seed : seeds_for(wanted)) {
    Options options = wanted.options;
    options.seed = seed;
    std::ofstream file;
    if (!wanted.history_file.empty()) file.open(wanted.history_file);
    const RunResult result = run(options, file.is_open() ? &file : nullptr);
    ++played;
    sum.simulated += result.simulated;
    sum.events += result.events;
    sum.requests += result.requests;
    sum.failed += result.failed;
    sum.refused += result.refused;
    if (result.violation) {
      print_violation(options, *result.violation);
      if (wanted.expect_violation) std::cout << "found after " << played << " seeds, as expected\n";
      return wanted.expect_violation ? 0 : 1;
    }
    rest += seconds_in(*result.came_to_rest_after);
    rest_longest = std::max(rest_longest, seconds_in(*result.came_to_rest_after));
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  std::printf("%llu seeds, %.0f simulated minutes in %.1f s (%.0f times real time), %.1f million events\n"
              "%llu requests counted at the end, %llu failed, %llu refused; at rest %.1f s after the "
              "faults ended, at most %.1f s\n",
              static_cast<unsigned long long>(played), seconds_in(sum.simulated) / 60.0, seconds,
              seconds_in(sum.simulated) / seconds, static_cast<double>(sum.events) / 1e6,
              static_cast<unsigned long long>(sum.requests), static_cast<unsigned long long>(sum.failed),
              static_cast<unsigned long long>(sum.refused), rest / static_cast<double>(played), rest_longest);
  if (wanted.expect_violation) std::printf("no promise was broken, although one protection is off\n");
  return wanted.expect_violation ? 1 : 0;
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
  app.add_flag("--expect-violation", wanted.expect_violation, "succeed only if a promise is broken");
  app.add_option("--history", wanted.history_file, "write all that happened there (last seed wins)");
  CLI11_PARSE(app, count, words);
  return foretide::simulation::play(wanted);
}
