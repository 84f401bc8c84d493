// What the balancer's own admin address shows: /healthz, /readyz, /metrics (Prometheus text),
// /v1/status (JSON), and /leaving, which is 200 from the order to end until nobody would notice if
// the address moved to another host; whoever moves it waits for that. Made from the latest snapshot
// of the threads, at most half a second old.
#pragma once

#include <string>

#include "balancer/core/held_tables.hpp"
#include "balancer/io/traffic_threads.hpp"
#include "common/io/admin_server.hpp"

namespace foretide::balancer {

struct AdminView {
  std::string name;
  std::string version;
  bool standalone = false;
  bool coordinator_connected = false;
  bool draining = false;
  bool busy_leaving = false;  // going away, and a moving address must not go yet
  double uptime_seconds = 0.0;
  std::uint64_t access_log_dropped = 0;
  const HeldTables& held;
  const TrafficSnapshot& traffic;
};

AdminResponse answer_admin(const AdminRequest& request, const AdminView& view);

}  // namespace foretide::balancer
