// A small world around the coordinator's core for stories: agents that obey their sets, balancers
// that route by their tables, time that passes when told to. Every answer of `step` goes through
// here, so every story also checks that stamps never go back and that nothing is sent before it is
// durable.
//
// Demand is a fluid: `rate` requests a second, each `service_seconds` long, spread evenly over the
// active endpoints; with none, they are held. Messages arrive at once unless a peer is `silent`.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/settings/release.hpp"
#include "coordinator/core/step.hpp"
#include "coordinator/core/views.hpp"
#include "core_world_peers.hpp"

namespace foretide::coordinator::story {

class World {
 public:
  State state;
  Instant now = Instant(1000s);
  std::map<NodeId, Agent> agents;
  std::map<BalancerId, Balancer> balancers;
  std::vector<Decision> decisions;
  std::vector<Notice> notices;
  std::vector<Action> last;  // of the last event
  std::map<NodeId, wire::DesiredSet> persisted;
  std::vector<RefuseNode> refusals;
  std::uint64_t persisted_epoch = 0;
  std::string tag;
  Duration clock_set{};  // by how much the wall clock was set, forward or back

  WallTime wall() const {
    const Duration since = now.time_since_epoch() + clock_set;
    return WallTime(std::chrono::duration_cast<std::chrono::milliseconds>(since));
  }

  // Orders by hand are stored before they are told.
  void store(const PauseSet& order) {
    paused_.erase(order.service);
    if (order.paused) paused_[order.service] = order;
  }
  void store(const DrainSet& order) {
    order.draining ? void(draining_.insert(order.node)) : void(draining_.erase(order.node));
  }
  template <class What>
  void store(const What&) {}

  template <class What>
  std::vector<Action> happens(What what) {
    store(what);
    last = step(state, {.now = now, .wall = wall(), .what = std::move(what)});
    const std::vector<Action> actions = last;
    for (const Action& action : actions) {
      std::visit([this](const auto& one) { take(one); }, action);
    }
    return actions;
  }

  void start(std::vector<ServiceSettings> services) {
    settings.services = std::move(services);
    Started started{.epoch = persisted_epoch};
    started.tag = tag;
    started.cluster = settings;
    happens(std::move(started));
  }
  // The coordinator dies and comes back with what its store holds.
  void restart();
  void reload(std::vector<ServiceSettings> services) {
    settings.services = std::move(services);
    happens(ClusterChanged{settings});
  }

  Agent& join_agent(const std::string& name) {
    Agent& agent = agents[{name}];
    say_hello(NodeId{name});
    return agent;
  }
  Balancer& join_balancer(const std::string& name) {
    Balancer& balancer = balancers[{name}];
    say_hello(BalancerId{name});
    return balancer;
  }
  void say_hello(const NodeId& id);
  void say_hello(const BalancerId& id);

  void report(const NodeId& id);
  void sample(const NodeId& id, const Agent& agent);
  void report(const BalancerId& id);

  void pass(Duration duration);
  // Until the condition holds; how long it took.
  template <class Condition>
  Duration pass_until(Condition condition, Duration longest) {
    const Instant began = now;
    while (!condition() && now - began < longest) pass(50ms);
    EXPECT_TRUE(condition()) << "did not come about within " << seconds_in(longest) << " s";
    return now - began;
  }

  ServiceView view(const std::string& service) const {
    return *service_view(state, {service}, now);
  }
  const ServiceRecord& record(const std::string& service) const {
    return state.services.at({service});
  }
  std::uint32_t running() const;
  bool has_notice(const std::string& part) const;

  ClusterSettings settings;

 private:
  void durable(Stamp stamp) const {
    EXPECT_GE(persisted_epoch, stamp.epoch) << "sent in an epoch that is not durable";
  }
  // What one receiver gets of one kind never goes back.
  void forward(const std::string& kind, Stamp stamp) {
    EXPECT_GE(stamp, stamps_[kind]) << kind << " went back";
    stamps_[kind] = stamp;
    durable(stamp);
  }

  void take(const PersistEpoch& action) {
    EXPECT_GT(action.epoch, persisted_epoch);
    persisted_epoch = action.epoch;
  }
  void take(const PersistRevision&) {}
  void take(const PersistSet& action) { persisted[action.node] = action.set; }
  void take(const RefuseNode& action) { refusals.push_back(action); }
  template <class Peer>
  void welcome(Peer& peer, const std::string& session, const wire::Welcome& welcome) {
    durable({welcome.epoch, 0});
    if (peer.silent || session != peer.session) return;
    peer.acquaintance.take(session, welcome.epoch);
  }
  void take(const SendWelcomeNode& action) {
    welcome(agents[action.node], action.session, action.welcome);
  }
  void take(const SendWelcomeBalancer& action) {
    welcome(balancers[action.balancer], action.session, action.welcome);
  }
  void take(const RecordDecision& action) {
    decisions.push_back(action.decision);
    decided_[action.decision.service] = action.decision;
  }
  void take(const Notice& action) { notices.push_back(action); }

  void take(const SendSet& action);
  void obey(Agent& agent, const wire::DesiredSet& set);
  void expect_unrouted(const wire::DesiredWorker& worker) const;
  void begin(Agent& agent, const wire::DesiredWorker& worker);

  void take(const SendServiceTable& action);
  // Absence is no order: an endpoint that the new table does not mention stays as it was.
  static void keep_missing(wire::ServiceTable& held, const wire::ServiceTable& before);
  void take(const SendMatchTable& action);

  void live(const NodeId& id, Agent& agent);

  void serve(const BalancerId& id, Balancer& balancer, double seconds);
  static void note_durations(Balancer& balancer, wire::ServiceTraffic& counts,
                             std::uint32_t served);
  // True when the coordinator should hear of it at once.
  bool flow(Balancer& balancer, const wire::ServiceTable& table, double seconds);

  std::map<ServiceId, Decision> decided_;
  std::map<ServiceId, PauseSet> paused_;
  std::set<NodeId> draining_;
  std::map<std::string, Stamp> stamps_;
  std::vector<std::pair<BalancerId, std::optional<ServiceId>>> acks_due_;
};

// The shortest useful beginning: one service, one agent, one balancer, and the young days over.
inline void settle(World& world, ServiceSettings service) {
  world.start({std::move(service)});
  world.join_agent("node-a");
  world.join_balancer("edge");
  world.pass(11s);
}

}  // namespace foretide::coordinator::story
