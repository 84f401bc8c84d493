#include "coordinator/core/recent_load.hpp"

#include <algorithm>

namespace foretide::coordinator {
namespace {
constexpr Duration kKept = std::chrono::seconds(4);
// Reports come twice a second.
constexpr Duration kWaitedFor = std::chrono::seconds(1);
}  // namespace

void RecentLoad::add(const BalancerId& balancer, Instant from, Instant to, double arrivals,
                     double busy_seconds) {
  if (to <= from) return;
  newest_ = std::max(newest_, to);
  balancers_[balancer].push_back({from, to, arrivals, busy_seconds});
  for (auto& [id, segments] : balancers_) {
    while (!segments.empty() && to - segments.front().to > kKept) segments.pop_front();
  }
  std::erase_if(balancers_, [](const auto& entry) { return entry.second.empty(); });
}

RecentRates RecentLoad::sums_over(const Segments& segments, Instant from, Instant to) {
  RecentRates sums;
  for (const Segment& segment : segments) {
    const Duration inside = std::min(segment.to, to) - std::max(segment.from, from);
    if (inside <= Duration::zero()) continue;
    const double share = seconds_in(inside) / seconds_in(segment.to - segment.from);
    sums.arrivals_per_second += segment.arrivals * share;
    sums.in_flight += segment.busy_seconds * share;
  }
  return sums;
}

RecentRates RecentLoad::over(Duration window, Instant now) const {
  RecentRates rates;
  for (const auto& [id, segments] : balancers_) {
    // What came after the last report is not known, and is not zero.
    Instant end = now;
    if (now - newest_ < kKept) end = std::max(segments.back().to, newest_ - kWaitedFor);
    const RecentRates sums = sums_over(segments, end - window, end);
    rates.arrivals_per_second += sums.arrivals_per_second / seconds_in(window);
    rates.in_flight += sums.in_flight / seconds_in(window);
  }
  return rates;
}

}  // namespace foretide::coordinator
