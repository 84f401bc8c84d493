#include "coordinator/core/signal_evidence.hpp"

#include "coordinator/core/recent_usage.hpp"

namespace foretide::coordinator {
namespace {
constexpr Duration kCell = std::chrono::seconds(1);
}

void RecentDurations::add(Instant at, const DurationCounts& counts) {
  while (!cells_.empty() && at - cells_.front().at > kSignalWindow) cells_.pop_front();
  if (cells_.empty() || at - cells_.back().at >= kCell) cells_.push_back({at, {}});
  cells_.back().counts.merge(counts);
}

DurationCounts RecentDurations::since(Instant from) const {
  DurationCounts sum;
  for (const Cell& cell : cells_) {
    if (cell.at > from) sum.merge(cell.counts);
  }
  return sum;
}

}  // namespace foretide::coordinator
