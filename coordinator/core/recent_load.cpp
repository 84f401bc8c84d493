#include "coordinator/core/recent_load.hpp"

#include <algorithm>

namespace foretide::coordinator {
namespace {
constexpr Duration kKept = std::chrono::seconds(4);
}

void RecentLoad::add(Instant from, Instant to, double arrivals, double busy_seconds) {
  if (to <= from) return;
  segments_.push_back({from, to, arrivals, busy_seconds});
  while (!segments_.empty() && to - segments_.front().to > kKept) segments_.pop_front();
}

RecentRates RecentLoad::over(Duration window, Instant now) const {
  RecentRates sums;
  // What came after the last report is not known, and is not zero.
  if (!segments_.empty() && now - segments_.back().to < kKept) now = segments_.back().to;
  for (const Segment& segment : segments_) {
    const Instant from = std::max(segment.from, now - window);
    const Instant to = std::min(segment.to, now);
    if (to <= from) continue;
    const double share = seconds_in(to - from) / seconds_in(segment.to - segment.from);
    sums.arrivals_per_second += segment.arrivals * share;
    sums.in_flight += segment.busy_seconds * share;
  }
  sums.arrivals_per_second /= seconds_in(window);
  sums.in_flight /= seconds_in(window);
  return sums;
}

}  // namespace foretide::coordinator
