// One service at one simulated balancer: the real endpoint set, picker, hold queue and counters,
// and the requests that are with them. What the balancer's proxy sessions do with sockets is done
// here with `Connections`.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "balancer/core/endpoint_set.hpp"
#include "balancer/core/hold_queue.hpp"
#include "balancer/core/picker.hpp"
#include "balancer/core/traffic.hpp"
#include "tests/simulation/connections.hpp"
#include "tests/simulation/safety.hpp"

namespace foretide::simulation {

// How long requests are served: by chance, or even (see ServicePlan).
struct ServiceTimes {
  double mean = 1.0;     // seconds
  Duration even_from{};  // from then on all alike
  bool even = false;

  double draw(Random& random, Duration at) const;
};

class SimService {
 public:
  struct Around {
    Ground& ground;
    Connections& connections;
    Safety& safety;
    Program& program;
    std::size_t balancer;                   // its number at `connections`
    std::function<bool()> is_waited_for;    // by the coordinator, as far as it can hear
    std::function<std::uint64_t()> number;  // for the next request
    std::function<void()> hold_began;
  };

  SimService(Around& around, ServiceId id, ServiceTimes times, Random random)
      : around_(around), id_(std::move(id)), times_(times), random_(random) {}

  // What is held afterwards; `broken_stamp` differs from the table's when fencing is switched off.
  balancer::Applied apply(const wire::ServiceTable& table, Stamp broken_stamp);
  void acknowledged();  // what is held was acknowledged
  // Acknowledged although it is not held yet: what a balancer with its protection off does.
  void acknowledged_early(const wire::ServiceTable& table);
  const balancer::EndpointSet& endpoints() const { return set_; }
  Stamp applied() const { return applied_; }

  void arrive();
  // The connection of a request broke; false when it is none of ours.
  bool broke(std::uint64_t request);
  wire::ServiceTraffic traffic(Instant now) const;
  // Endpoints at that address which it would send requests to or has requests at.
  void others_at(const Address& address, const WorkerId& id, std::vector<WorkerId>& found) const;

 private:
  struct Request {
    WorkerId endpoint;
    Address address;
    Instant arrived{}, began{};
    std::optional<balancer::HoldQueue::Ticket> ticket;
  };

  bool dispatch(Request request);
  void hold(Request request);
  void release();
  void look_again_soon();
  void finish(std::uint64_t number, balancer::Finish how);

  Around& around_;
  ServiceId id_;
  ServiceTimes times_;
  Random random_;
  balancer::EndpointSet set_;
  balancer::Picker picker_;
  balancer::HoldQueue queue_;
  balancer::Traffic traffic_;
  Stamp applied_, promised_;
  std::map<std::uint64_t, Request> in_flight_;
  std::map<balancer::HoldQueue::Ticket, Request> held_;
  std::map<WorkerId, wire::EndpointState>
      newest_;                 // of every endpoint that the newest tables named
  std::set<WorkerId> closed_;  // those whose drain was acknowledged
  bool looks_again_ = false;
};

}  // namespace foretide::simulation
