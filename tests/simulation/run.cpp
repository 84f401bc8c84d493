#include "tests/simulation/run.hpp"

#include <algorithm>

#include "tests/simulation/faults.hpp"
#include "tests/simulation/rest.hpp"

namespace foretide::simulation {
namespace {

constexpr Duration kRestWithin = std::chrono::seconds(60);

void start_all(Cast& cast) {
  cast.coordinator->start();
  for (auto& agent : cast.agents) agent->start();
  for (auto& balancer : cast.balancers) balancer->start();
}

// Until `end`, or until a promise is broken.
void play(Cast& cast, Instant end, RunResult& result) {
  while (!cast.ground.verdict.first() && cast.ground.queue.advance(end)) ++result.events;
}

void wait_for_rest(Cast& cast, Duration patience, RunResult& result) {
  const Instant began = cast.ground.queue.now();
  const Instant end = began + patience;
  std::string unrest = unrest_in(cast);
  while (!unrest.empty() && cast.ground.queue.now() < end && !cast.ground.verdict.first()) {
    play(cast, cast.ground.queue.now() + std::chrono::milliseconds(500), result);
    unrest = unrest_in(cast);
  }
  if (unrest.empty()) {
    result.came_to_rest_after = cast.ground.queue.now() - began;
    cast.ground.history.note("run", [] { return std::string("the fleet is at rest"); });
  } else if (!cast.ground.verdict.first()) {
    cast.ground.verdict.broken("convergence", "not at rest " +
                                                  std::to_string(seconds_in(patience)) +
                                                  " s after the faults ended: " + unrest);
  }
}

}  // namespace

RunResult run(const Options& options, std::ostream* history) {
  const Scenario scenario = scenario_for(options);
  Cast cast(scenario, history);
  Faults faults(cast);
  RunResult result;
  start_all(cast);
  faults.begin();
  play(cast, Instant{} + scenario.faults_end, result);
  if (!cast.ground.verdict.first()) {
    faults.end();
    // Those who were thawed or started say what they left behind.
    play(cast, cast.ground.queue.now() + std::chrono::seconds(2), result);
  }
  if (!cast.ground.verdict.first()) {
    wait_for_rest(cast, kRestWithin + longest_pause_in(cast), result);
    if (!options.predict.empty()) cast.watch->numbers().rest_begins();
    play(cast, Instant{} + scenario.end, result);
  }
  result.changes = cast.watch->numbers().changes();
  result.violation = cast.ground.verdict.first();
  result.last_lines = cast.ground.history.last_lines();
  result.simulated = cast.ground.queue.elapsed();
  if (const coordinator::State* state = cast.coordinator->state()) {
    for (const auto& [id, service] : state->services) {
      result.requests += service.totals.arrivals;
      result.failed += service.totals.failed;
      result.refused += service.totals.refused;
    }
  }
  return result;
}

}  // namespace foretide::simulation
