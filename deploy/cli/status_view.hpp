// What the terminal shows of a cluster: /v1/status as lines of text, made to fit the given size.
// Pure: the same answer gives the same picture.
//
// Everything that a person needs in order to believe the machine stands on one screen: each
// service's demand and forecast beside what its workers can carry, the workers of every node as one
// mark each, what was served and what failed, and the last decisions with their reasons, newest
// first. A line that is too wide goes on below, broken between words, since the number that matters
// stands at the end of a reason. What does not fit is cut from the bottom, so the most important
// comes first.
#pragma once

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "deploy/cli/terminal.hpp"

namespace foretide::cli {

struct StatusPicture {
  nlohmann::json status;                  // GET /v1/status
  std::vector<nlohmann::json> decisions;  // newest first, of all services
  std::map<std::string, double> rates;    // requests/s that arrive, by service, where known
  bool utf8 = true;                       // may marks be more than ASCII
};

std::vector<Line> lines_for(const StatusPicture& picture, TerminalSize size);

// "0 failed" is what one looks for: sums over all services, as far as their counts are known.
struct ServedTotals {
  std::uint64_t arrivals = 0, completed = 0, failed = 0, refused = 0;
  std::uint64_t ready = 0;
};
ServedTotals totals_in(const nlohmann::json& status);

// Requests/s between two statuses, by service; of one whose count was not known at either, none.
std::map<std::string, double> rates_between(const nlohmann::json& earlier,
                                            const nlohmann::json& later,
                                            std::chrono::duration<double> apart);

// Of a line that begins with a clock's time: where its text begins.
inline constexpr std::size_t kClockColumns = 9;

// "14:03:21 web 2 -> 3  predicted: forecast 15.8 in 1.5 s needs 3 workers"
Line decision_line(const nlohmann::json& decision);

}  // namespace foretide::cli
