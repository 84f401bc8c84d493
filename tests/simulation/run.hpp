// One run of one seed, from an empty cluster to rest.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/simulation/number_watch.hpp"
#include "tests/simulation/scenario.hpp"
#include "tests/simulation/verdict.hpp"

namespace foretide::simulation {

struct RunResult {
  std::optional<Violation> violation;
  std::deque<std::string> last_lines;  // of the history, when it was kept
  Duration simulated{};
  std::uint64_t events = 0, requests = 0, failed = 0, refused = 0;
  std::vector<NumberChange> changes;
  std::optional<Duration> came_to_rest_after;  // of the end of the faults
};

// With a stream, the whole history goes there.
RunResult run(const Options& options, std::ostream* history);

}  // namespace foretide::simulation
