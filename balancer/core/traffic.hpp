// What a service's traffic amounts to, counted by each balancer thread for itself and added up for
// the report. Cumulative since the balancer's session began; nothing is ever reset, so a lost
// report is made good by the next one.
//
// A client request counts once in `arrivals`, when its head has been read and its service is known,
// and ends as completed (a worker answered), failed (502, 504, or cut by the worker) or refused
// (503). One whose client goes away is none of these: no report carries it.
#pragma once

#include <cstdint>
#include <map>

#include "balancer/core/busy_clock.hpp"
#include "balancer/core/endpoint_set.hpp"
#include "balancer/core/hold_queue.hpp"
#include "common/metrics/duration_counts.hpp"
#include "common/wire/messages.hpp"

namespace foretide::balancer {

// How an endpoint looks from here, the best first.
enum class Sight : std::uint8_t {
  kOpen,
  kOut,  // refuses connections, fails its probe, or was sent away
  kDraining,
};

// Of one service, for those who watch the balancer: no report carries it.
struct ServiceSight {
  std::map<WorkerId, Sight> endpoints;
  std::uint64_t retries_total = 0;
};

struct Traffic {
  std::uint64_t arrivals_total = 0;
  std::uint64_t completed_total = 0, failed_total = 0, refused_total = 0;
  std::uint64_t held_total = 0;
  std::uint64_t refused_held_total = 0;  // of those refused: had waited first
  std::uint64_t retries_total = 0;       // sent to another worker after one had failed
  BusyClock busy;                        // dispatch to last byte
  BusyClock held;                        // waiting for an endpoint
  // Arrival to the answer's last byte as the worker sent it; a 504 counts with the time it took.
  DurationCounts durations;
};

wire::ServiceTraffic traffic_for(const ServiceId& service, const Traffic& traffic,
                                 const EndpointSet& endpoints, const HoldQueue& queue, Instant now);

// Adds another thread's share of the same service.
void add(wire::ServiceTraffic& sum, const wire::ServiceTraffic& share);

ServiceSight sight_of(const Traffic& traffic, const EndpointSet& endpoints, Instant now);

// Adds another thread's: an endpoint is as bad as the thread says that thinks the least of it.
void add(ServiceSight& sum, const ServiceSight& share);

}  // namespace foretide::balancer
