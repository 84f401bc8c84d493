// The balancer around the real core: its session, its tables on the disk, and the requests that
// come by a demand curve for each service.
//
// A table is on the disk before it is acknowledged. When it dies its requests die with it; the next
// life routes by the tables on the disk until it hears from a coordinator.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "balancer/core/held_tables.hpp"
#include "balancer/core/service_routes.hpp"
#include "tests/simulation/demand_curve.hpp"
#include "tests/simulation/sim_service.hpp"
#include "tests/simulation/uplink.hpp"

namespace foretide::simulation {

// What one balancer gets of a service's demand.
struct Load {
  ServiceId service;
  const DemandCurve* curve = nullptr;
  double share = 1.0;
  double service_seconds = 1.0;
  bool even = false;  // see ServicePlan
};

class SimBalancer {
 public:
  SimBalancer(Ground& ground, std::string name, Connections& connections, Safety& safety,
              std::vector<Load> loads, Duration clock_offset);
  void join(Peer coordinator) {
    uplink_.join(ground_.network.join(program_, [this](const Arrived& a) { receive(a); }),
                 coordinator);
  }

  void start();
  void crash();
  Program& program() { return program_; }
  Peer peer() const { return uplink_.self(); }
  // A coordinator heard it; and: it has every table as it was newest published.
  void was_heard() {
    is_waited_for();
    heard_at_ = ground_.queue.now();
  }
  void has_caught_up() { caught_up_ = true; }
  // Nobody knows any more what it has.
  void is_a_stranger() { caught_up_ = false; }
  bool is_waited_for();

  const SimService* service(const ServiceId& id) const;
  Stamp match_stamp() const { return match_applied_; }
  std::vector<WorkerId> others_at(const Address& address, const WorkerId& id) const;

 private:
  void receive(const Arrived& arrived);
  void take(const wire::ServiceTable& table);
  void acknowledge_early(const wire::ServiceTable& table);
  void apply(const wire::ServiceTable& table);
  void take(const wire::MatchTable& table);
  void acknowledge(const std::optional<ServiceId>& service, const balancer::Applied& applied);
  void load_disk();
  void introduce();
  void report(Lane lane);
  void report_at_once();
  void expect(const Load& load);
  void expect_evenly(const Load& load);
  void arrive(const ServiceId& id);
  SimService& served(const ServiceId& id);

  Ground& ground_;
  Connections& connections_;
  std::vector<Load> loads_;
  Random random_;
  Program program_;
  Uplink uplink_;
  SimService::Around around_;

  std::map<ServiceId, std::unique_ptr<SimService>> services_;
  balancer::ServiceRoutes routes_;
  Stamp match_applied_;
  std::optional<Instant> reported_at_once_;
  std::uint64_t last_request_ = 0;

  // On the disk.
  balancer::HeldTables disk_;
  std::uint64_t highest_epoch_ = 0;

  // The truth about how the coordinator hears it.
  Instant heard_at_{};
  bool caught_up_ = true;
};

}  // namespace foretide::simulation
