#include "coordinator/core/load_stretch.hpp"

#include <algorithm>

namespace foretide::coordinator {
namespace {

constexpr double kSecondsLeast = 5.0, kSecondsMost = 120.0;
constexpr double kRequestsLeast = 8.0;
constexpr double kServiceTimesLeast = 4.0;
constexpr double kFailedMost = 0.1;
constexpr double kHeardLeast = 0.5;  // of the stretch, of every balancer

void add_to(LoadShare& sum, const LoadShare& share) {
  sum.seconds += share.seconds;
  sum.busy_seconds += share.busy_seconds;
  sum.completed += share.completed;
  sum.failed += share.failed;
  sum.in_flight_change += share.in_flight_change;
  sum.arrived += share.arrived;
  sum.others_wait = sum.others_wait && share.others_wait;
}

double ended_in(const LoadShare& share) {
  return share.completed + share.failed + share.in_flight_change / 2.0;
}

}  // namespace

LoadShare StretchMeter::total() const {
  LoadShare sum{.others_wait = true};
  for (const auto& [balancer, share] : shares_) add_to(sum, share);
  return sum;
}

std::optional<LoadStretch> StretchMeter::stretch_at(Instant now) const {
  const double seconds = seconds_in(now - began_);
  const LoadShare sum = total();
  double load = 0.0, ended_per_second = 0.0, arrived_per_second = 0.0;
  for (const auto& [balancer, share] : shares_) {
    if (share.seconds < kHeardLeast * seconds) return std::nullopt;
    load += share.busy_seconds / share.seconds;
    ended_per_second += ended_in(share) / share.seconds;
    arrived_per_second += share.arrived / share.seconds;
  }
  const bool fails = sum.failed > kFailedMost * (sum.failed + sum.completed);
  if (fails || !(load > 0.0) || !(ended_per_second > 0.0)) return std::nullopt;
  return LoadStretch{.began = began_,
                     .ended = now,
                     .load = load,
                     .service_seconds = load / ended_per_second,
                     .rate = std::max(ended_per_second, arrived_per_second),
                     .others_waited = sum.others_wait};
}

std::optional<LoadStretch> StretchMeter::add(const BalancerId& balancer, const LoadShare& share,
                                             Instant now) {
  if (!(share.seconds > 0.0)) return std::nullopt;
  if (shares_.empty()) {
    const std::chrono::duration<double> length(std::min(share.seconds, kSecondsLeast));
    began_ = now - std::chrono::duration_cast<Duration>(length);
  }
  const auto [entry, is_new] = shares_.try_emplace(balancer, share);
  if (!is_new) add_to(entry->second, share);

  const double seconds = seconds_in(now - began_);
  const LoadShare sum = total();
  const double service_seconds = sum.busy_seconds / std::max(1.0, ended_in(sum));
  const bool is_whole = seconds >= kSecondsLeast && sum.completed >= kRequestsLeast &&
                        seconds >= kServiceTimesLeast * service_seconds;
  if (!is_whole && seconds < kSecondsMost) return std::nullopt;
  const auto stretch = is_whole ? stretch_at(now) : std::nullopt;
  shares_.clear();
  return stretch;
}

}  // namespace foretide::coordinator
