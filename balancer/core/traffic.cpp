#include "balancer/core/traffic.hpp"

#include <algorithm>

#include "common/wire/durations.hpp"

namespace foretide::balancer {
namespace {

void add_durations(std::optional<wire::Durations>& sum,
                   const std::optional<wire::Durations>& more) {
  const auto had = wire::counts_in(sum.value_or(wire::Durations{}));
  const auto has = wire::counts_in(more.value_or(wire::Durations{}));
  DurationCounts both = had.value_or(DurationCounts{});
  both.merge(has.value_or(DurationCounts{}));
  sum = wire::durations_of(both);
}

}  // namespace

wire::ServiceTraffic traffic_for(const ServiceId& service, const Traffic& traffic,
                                 const EndpointSet& endpoints, const HoldQueue& queue,
                                 Instant now) {
  wire::ServiceTraffic report;
  report.service = service;
  if (endpoints.stamp().epoch != 0) report.applied = endpoints.stamp();
  report.arrivals_total = traffic.arrivals_total;
  report.completed_total = traffic.completed_total;
  report.failed_total = traffic.failed_total;
  report.refused_total = traffic.refused_total;
  report.held_total = traffic.held_total;
  report.refused_held_total = traffic.refused_held_total;
  report.held_seconds_total = traffic.held.seconds(now);
  report.busy_seconds_total = traffic.busy.seconds(now);
  report.durations = wire::durations_of(traffic.durations);
  report.in_flight = traffic.busy.running();
  report.held = static_cast<std::uint32_t>(queue.size());
  if (const auto oldest = queue.oldest_since(); oldest && *oldest < now) {
    report.oldest_held_ms = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now - *oldest).count());
  }
  for (const auto& endpoint : endpoints.endpoints()) {
    report.endpoints.push_back({.id = endpoint->id,
                                .in_flight = endpoint->in_flight,
                                .completed_total = endpoint->completed_total,
                                .failed_total = endpoint->failed_total,
                                .busy_seconds_total = endpoint->busy.seconds(now)});
  }
  return report;
}

void add(wire::ServiceTraffic& sum, const wire::ServiceTraffic& share) {
  sum.arrivals_total += share.arrivals_total;
  sum.completed_total += share.completed_total;
  sum.failed_total += share.failed_total;
  sum.refused_total += share.refused_total;
  sum.held_total += share.held_total;
  sum.refused_held_total =
      sum.refused_held_total.value_or(0) + share.refused_held_total.value_or(0);
  sum.held_seconds_total += share.held_seconds_total;
  sum.busy_seconds_total += share.busy_seconds_total;
  sum.in_flight += share.in_flight;
  sum.held += share.held;
  add_durations(sum.durations, share.durations);
  sum.applied = std::min(sum.applied, share.applied);  // not known is the least
  sum.oldest_held_ms = std::max(sum.oldest_held_ms, share.oldest_held_ms);
  for (const auto& part : share.endpoints) {
    const auto same = [&](const wire::EndpointTraffic& entry) { return entry.id == part.id; };
    const auto found = std::find_if(sum.endpoints.begin(), sum.endpoints.end(), same);
    if (found == sum.endpoints.end()) {
      sum.endpoints.push_back(part);
      continue;
    }
    found->in_flight += part.in_flight;
    found->completed_total += part.completed_total;
    found->failed_total += part.failed_total;
    found->busy_seconds_total += part.busy_seconds_total;
  }
}

ServiceSight sight_of(const Traffic& traffic, const EndpointSet& endpoints, Instant now) {
  ServiceSight sight;
  sight.retries_total = traffic.retries_total;
  for (const auto& endpoint : endpoints.endpoints()) {
    const bool is_out = endpoint->refusals > 0 || endpoint->probed == Health::kBad ||
                        endpoint->ejection.is_away(now);
    const bool drains = endpoint->state != wire::EndpointState::kActive;
    sight.endpoints[endpoint->id] = drains ? Sight::kDraining : is_out ? Sight::kOut : Sight::kOpen;
  }
  return sight;
}

void add(ServiceSight& sum, const ServiceSight& share) {
  sum.retries_total += share.retries_total;
  for (const auto& [id, sight] : share.endpoints) {
    const auto [found, first] = sum.endpoints.try_emplace(id, sight);
    if (!first) found->second = std::max(found->second, sight);
  }
}

}  // namespace foretide::balancer
