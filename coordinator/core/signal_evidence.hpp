// What is kept of a service to judge its signals by: how long the requests of the last half minute
// took, over all balancers, and what was heard of queues. What workers use and tell is kept with
// each (`recent_usage`, `recent_metrics`).
//
// Balancers count since their session began; the differences between reports are put together by
// the second of their arrival here, so the window's edge is a second wide. Half a minute of cells,
// some 20 KB, of services with signals alone.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "common/metrics/duration_counts.hpp"
#include "common/time.hpp"
#include "coordinator/core/queue_evidence.hpp"

namespace foretide::coordinator {

class RecentDurations {
 public:
  void add(Instant at, const DurationCounts& counts);
  // Of what was told after `from`, which is at most kSignalWindow ago.
  DurationCounts since(Instant from) const;

 private:
  struct Cell {
    Instant at{};  // of the first report in it
    DurationCounts counts;
  };
  std::deque<Cell> cells_;  // oldest first
};

struct SignalTrace {
  bool told_at_max = false;  // of the breach that lasts
};

struct SignalEvidence {
  RecentDurations durations;
  std::map<std::string, SignalTrace> traces;    // by the signal's name
  std::map<std::string, QueueEvidence> queues;  // likewise
};

}  // namespace foretide::coordinator
