// The record of one decision about one service's number of workers: what was known, which rules
// spoke, which won and why, and what held the others back. Kept so that every change can be
// explained; stored, streamed and printed by `foretide explain`.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/ids.hpp"
#include "common/time.hpp"

namespace foretide::coordinator {

// One rule's word: "panic: 5, load 31.0 over the last 2 s needs 4 workers of 8".
struct Opinion {
  // predicted, stable, panic, backlog, wake, idle, manual, min, max, cooldown, hold, …
  std::string rule;
  std::uint32_t workers = 0;
  std::string reason;
};

// Which of the recorded moments it was made of (see moment_log.hpp): no clock that is set tells two
// of them for the same.
struct MomentId {
  std::int64_t life = 0;    // of the log
  std::uint64_t order = 0;  // grows within a life, with gaps
  friend auto operator<=>(const MomentId&, const MomentId&) = default;
};

struct Decision {
  ServiceId service;
  WallTime at;
  std::optional<MomentId> moment;  // absent: nothing was decided, or it was not recorded
  std::uint32_t from = 0, to = 0;
  std::string rule;                        // the one that won
  std::string reason;                      // a sentence with the numbers
  std::optional<double> demand, forecast;  // load, in requests in flight; absent when not known
  std::string forecaster;                  // which one spoke
  Duration lead_time{};
  std::uint32_t ready = 0, starting = 0;
  double capacity_per_worker = 0.0;
  std::vector<Opinion> opinions;  // all of them, the winner too
};

}  // namespace foretide::coordinator
