// The coordinator around the real `step`: its store, its sessions, and the carrying out of actions
// in their order.
//
// It may die between any two actions. What was persisted by then is what its next life starts with,
// unless the store is lost too. Of each session's reports only the newest counts, as in the real
// gateway.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/core/step.hpp"
#include "tests/simulation/fleet_watch.hpp"
#include "tests/simulation/safety.hpp"
#include "tests/simulation/sim_balancer.hpp"
#include "tests/simulation/sim_history.hpp"

namespace foretide::simulation {

class SimCoordinator {
 public:
  SimCoordinator(Ground& ground, Safety& safety, FleetWatch& watch, ClusterSettings cluster,
                 Duration clock_offset);
  void add_node(Peer peer, NodeId id, std::string address);
  void add_balancer(SimBalancer& balancer, BalancerId id);

  // From now on demand is kept beside the store, and a life begins with it.
  void remember_demand() { remembers_ = true; }

  void start();
  void crash();
  void crash_amid(std::size_t actions) { dies_after_ = actions; }
  void live_on() { dies_after_.reset(); }
  void lose_store();
  void reload(ClusterSettings cluster);
  void ask(decltype(coordinator::Event::what) what) { feed(std::move(what)); }
  // By hand: stored, then told. Nobody hears it while the coordinator is down or frozen.
  void order(const coordinator::PauseSet& order);
  void order(const coordinator::DrainSet& order);

  Program& program() { return program_; }
  Peer peer() const { return self_; }
  const ClusterSettings& cluster() const { return cluster_; }
  // Nothing while it is down.
  const coordinator::State* state() const { return state_ ? &*state_ : nullptr; }
  // How many entries the store has; zero: lost, or nothing was ever stored.
  std::size_t stored() const { return sets_.size(); }

 private:
  struct NodePeer {
    NodeId id;
    std::string address;
  };
  struct Heard {
    Instant at;
    bool answered = false;  // requests of it were answered
  };

  void receive(const Arrived& arrived);
  void from_node(const NodePeer& node, const wire::Message& message);
  void from_balancer(SimBalancer& balancer, const BalancerId& id, const wire::Message& message);
  bool is_newest(const wire::Message& message);
  void feed(decltype(coordinator::Event::what) what);
  void carry_out(const std::vector<coordinator::Action>& actions);
  void look();
  Duration silence(const ServiceId& service) const;
  Duration quiet(const ServiceId& service) const;
  WallTime wall() const;

  void act(const coordinator::PersistEpoch& action);
  void act(const coordinator::PersistRevision&) {}
  void act(const coordinator::PersistSet& action);
  void act(const coordinator::SendWelcomeNode& action);
  void act(const coordinator::SendWelcomeBalancer& action);
  void act(const coordinator::RefuseNode& action);
  void act(const coordinator::SendSet& action);
  void act(const coordinator::SendServiceTable& action);
  void act(const coordinator::SendMatchTable& action);
  void act(const coordinator::RecordDecision& action);
  void act(const coordinator::Notice& action);
  void send(const std::string& session, wire::Body body);
  std::string tag_of_next_store();
  void check_durable(std::uint64_t epoch, const char* what);

  Ground& ground_;
  Safety& safety_;
  FleetWatch& watch_;
  Program program_;
  Peer self_ = 0;
  ClusterSettings cluster_;
  std::map<Peer, NodePeer> nodes_;
  std::map<Peer, std::pair<BalancerId, SimBalancer*>> balancers_;

  std::optional<coordinator::State> state_;
  std::map<std::string, std::pair<Peer, unsigned>> connections_;  // of each session
  std::map<std::pair<std::string, std::size_t>, std::uint64_t> newest_;
  std::map<std::pair<BalancerId, ServiceId>, Heard>
      traffic_heard_;  // in any life, as long as the store knows
  std::optional<std::size_t> dies_after_;

  // On the disk.
  std::uint64_t epoch_ = 0;
  std::map<NodeId, wire::DesiredSet> sets_;
  std::set<BalancerId> enrolled_;
  std::map<ServiceId, coordinator::Decision> decided_;
  std::map<ServiceId, coordinator::PauseSet> paused_;
  std::set<NodeId> draining_;
  unsigned stores_ = 0;
  bool remembers_ = false;
  SimHistory history_;
};

}  // namespace foretide::simulation
