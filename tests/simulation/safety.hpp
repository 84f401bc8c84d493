// The promises about workers and requests, judged with the truth in hand: what the coordinator
// really sent, which processes really live, which requests are really open.
//
//   absence-ends        a worker is ended only by an order to stop, or because its start failed
//   signalled-in-use    nor while a request is open on it, unless its drain time is over, since a
//                       table said that it drains or (where a balancer cannot hear) since the order
//   port-reuse          a port gets no new worker while a balancer that the coordinator hears still
//                       has another worker there
//   misrouted           and so no such balancer's request reaches another worker than it chose
//   routed-after-ack    none goes to an endpoint once its drain was acknowledged
//   spawn-rate          a worker is not started again and again in a tight loop
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/wire/messages.hpp"
#include "tests/simulation/connections.hpp"
#include "tests/simulation/ground.hpp"

namespace foretide::simulation {

// One balancer, as the others may know it.
struct BalancerTruth {
  // It is up and the coordinator has been able to hear it: it is waited for.
  std::function<bool()> is_waited_for;
  // Other workers than `id` that it would send requests to, or has requests at, on this address.
  std::function<std::vector<WorkerId>(const Address&, const WorkerId& id)> others_at;
};

class Safety {
 public:
  Safety(Ground& ground, const Connections& connections)
      : ground_(ground), connections_(connections) {}
  void add(BalancerTruth truth) { balancers_.push_back(std::move(truth)); }

  // What the coordinator sends, as it sends it.
  void sent(const wire::DesiredSet& set);
  void sent(const wire::ServiceTable& table);

  // What agents are about to do.
  void about_to_spawn(const SimHost& host, const WorkerId& id, std::uint16_t port);
  enum class Why { kStop, kStartFailed };
  void about_to_signal(const SimHost& host, const WorkerId& id, Why why, Duration drain);

  // What balancers do.
  void routed(const std::string& balancer, bool is_waited_for, const WorkerId& chosen,
              bool drain_was_acknowledged, const Process& reached);

 private:
  Ground& ground_;
  const Connections& connections_;
  std::vector<BalancerTruth> balancers_;
  std::map<WorkerId, Instant> told_to_stop_;
  std::map<WorkerId, Instant> draining_since_;
  std::map<WorkerId, std::deque<Instant>> spawns_;
  std::set<std::int64_t> signalled_;
};

}  // namespace foretide::simulation
