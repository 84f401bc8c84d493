// A small world around the coordinator's core for stories: agents that obey their sets, balancers
// that route by their tables, time that passes when told to. Every answer of `step` goes through
// here, so every story also checks that stamps never go back and that nothing is sent before it is
// durable.
//
// Demand is a fluid: `rate` requests a second, each `service_seconds` long, spread evenly over the
// active endpoints; with none, they are held. Messages arrive at once unless a peer is `silent`.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/settings/release.hpp"
#include "common/wire/durations.hpp"
#include "coordinator/core/step.hpp"
#include "coordinator/core/views.hpp"

namespace foretide::coordinator::story {

using namespace std::chrono_literals;

inline ServiceSettings service_named(const std::string& name) {
  ServiceSettings service;
  service.id = {name};
  service.worker.argv = {"./" + name, "--port", "{port}"};
  service.capacity_soft = 8.0;
  service.scale.min = 1;
  service.scale.max = 10;
  service.scale.window = 10s;
  service.scale.idle = 20s;
  return service;
}

inline std::uint64_t milliseconds_in(Duration duration) {
  return static_cast<std::uint64_t>(std::max<Duration>(duration, 0s) / 1ms);
}

// One that may sleep.
inline ServiceSettings sleepy() {
  ServiceSettings service = service_named("web");
  service.scale.min = 0;
  return service;
}

// When a peer should say Hello again: nobody welcomed this session yet, or a Welcome told a new
// epoch.
struct Acquaintance {
  std::string welcomed;  // the session
  std::uint64_t epoch = 0;
  Instant hello_at{};

  bool is_due(const std::string& session, Instant now) const {
    return welcomed != session && now - hello_at >= 1s;
  }
  void take(const std::string& session, std::uint64_t told) {
    welcomed = told > epoch && epoch != 0 ? "" : session;
    epoch = std::max(epoch, told);
  }
};

struct Agent {
  Acquaintance acquaintance;
  std::string session = "a1";
  bool silent = false;
  Duration start_time = 500ms;
  wire::Hello hello{.role = wire::Role::kAgent, .cpus = 4.0, .memory_bytes = 8u << 30};
  Stamp applied;
  std::map<WorkerId, wire::WorkerReport> workers;
  std::map<WorkerId, Instant> ready_at;
  std::vector<WorkerId> ended_ever;  // by order of a set
  bool fails = false;                // starts fail and back off
  std::optional<Duration> retries;   // so long after a failed start comes the next
  bool hangs = false;                // starts neither fail nor succeed
  bool refuses = false;              // cannot start anything
  std::optional<double> cpu_cores;   // that its ready workers use together; absent: no samples
  std::uint64_t resident_bytes = 1u << 30;  // of each worker
  std::map<std::string, double> metrics;    // that its ready workers tell together
  std::uint16_t next_port = 20000;
  bool changed = false;
  Instant reported_at{};
};

struct Balancer {
  Acquaintance acquaintance;
  std::string session = "b1";
  bool silent = false;
  bool acks = true;
  std::map<ServiceId, wire::ServiceTable> tables;
  wire::MatchTable match;
  std::map<ServiceId, wire::ServiceTraffic> traffic;
  std::map<ServiceId, double> rate;          // arrivals a second
  std::map<ServiceId, double> owed;          // fractions of requests
  std::map<WorkerId, std::uint32_t> pinned;  // requests that do not end by themselves
  double service_seconds = 0.1;
  std::optional<Duration> answer_time;  // what is counted of each request; absent: it counts none
  std::map<ServiceId, DurationCounts> durations;
  Instant reported_at{};
  std::uint64_t reports = 0;
};

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
  void restart() {
    std::vector<PersistedNode> nodes;
    for (const auto& [id, set] : persisted) nodes.push_back({id, set});
    stamps_.clear();
    std::vector<BalancerId> enrolled;
    for (const auto& [id, balancer] : balancers) enrolled.push_back(id);
    Started started{.epoch = persisted_epoch, .nodes = nodes, .balancers = enrolled};
    for (const auto& [id, decision] : decided_) started.decided.push_back(decision);
    for (const auto& [id, order] : paused_) started.paused.push_back(order);
    started.draining = {draining_.begin(), draining_.end()};
    started.cluster = settings;
    happens(std::move(started));
  }
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
  void say_hello(const NodeId& id) {
    Agent& agent = agents.at(id);
    agent.acquaintance.hello_at = now;
    wire::Hello hello = agent.hello;
    hello.highest_epoch = std::max(hello.highest_epoch, agent.applied.epoch);
    happens(NodeHello{id, agent.session, hello, "10.0.0.1"});
    report(id);
  }
  void say_hello(const BalancerId& id) {
    Balancer& balancer = balancers.at(id);
    balancer.acquaintance.hello_at = now;
    wire::Hello hello{.role = wire::Role::kBalancer};
    hello.highest_epoch = balancer.match.stamp.epoch;
    happens(BalancerHello{id, balancer.session, hello});
    happens(TableAcked{id, balancer.session, {.applied = balancer.match.stamp}});
    for (const auto& [service, table] : std::map(balancer.tables)) {
      happens(TableAcked{id, balancer.session, {.service = service, .applied = table.stamp}});
    }
    report(id);
  }

  void report(const NodeId& id) {
    Agent& agent = agents.at(id);
    agent.changed = false;
    agent.reported_at = now;
    if (agent.silent) return;
    wire::NodeReport report{.applied = agent.applied};
    for (auto& [worker, said] : agent.workers) {
      const Duration ready_for = now - agent.ready_at[worker];
      const bool is_starting = said.phase == wire::WorkerPhase::kStarting;
      const Duration age = is_starting ? ready_for + agent.start_time : ready_for;
      said.phase_age_ms = milliseconds_in(std::max(Duration::zero(), age));
      report.workers.push_back(said);
    }
    happens(NodeReported{id, agent.session, report});
    sample(id, agent);
  }
  void sample(const NodeId& id, const Agent& agent) {
    if (!agent.cpu_cores) return;
    wire::NodeSample sample;
    for (const auto& [worker, said] : agent.workers) {
      if (said.phase != wire::WorkerPhase::kReady) continue;
      sample.workers.push_back({.id = worker, .resident_bytes = agent.resident_bytes});
    }
    for (auto& each : sample.workers) {
      each.cpu_cores = *agent.cpu_cores / static_cast<double>(sample.workers.size());
      each.metrics = agent.metrics;
      for (auto& [key, value] : each.metrics) value /= static_cast<double>(sample.workers.size());
    }
    happens(NodeSampled{id, sample});
  }
  void report(const BalancerId& id) {
    Balancer& balancer = balancers.at(id);
    balancer.reported_at = now;
    if (balancer.silent) return;
    wire::TrafficReport report{.at_ms = static_cast<std::uint64_t>(now.time_since_epoch() / 1ms)};
    for (const auto& [service, table] : balancer.tables) {
      wire::ServiceTraffic counts = balancer.traffic[service];
      counts.service = service;
      counts.applied = table.stamp;
      report.services.push_back(counts);
    }
    happens(TrafficReported{id, balancer.session, report});
  }

  void pass(Duration duration) {
    const Instant end = now + duration;
    while (now < end) {
      now += 50ms;
      for (auto& [id, balancer] : balancers) serve(id, balancer, 0.05);
      for (auto& [id, agent] : agents) live(id, agent);
      if ((now.time_since_epoch() / 50ms) % 5 == 0) happens(Tick{});
    }
  }
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
  std::uint32_t running() const {
    std::uint32_t count = 0;
    for (const auto& [id, agent] : agents) {
      for (const auto& [worker, said] : agent.workers) {
        count += said.phase == wire::WorkerPhase::kReady;
      }
    }
    return count;
  }
  bool has_notice(const std::string& part) const {
    return std::any_of(notices.begin(), notices.end(), [&](const Notice& notice) {
      return notice.text.find(part) != std::string::npos;
    });
  }

  ClusterSettings settings;

 private:
  WallTime wall() const {
    return WallTime(std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()));
  }

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

  void take(const SendSet& action) {
    forward("set of " + action.node.text, action.set.stamp);
    EXPECT_EQ(persisted[action.node], action.set) << "sent before it was durable";
    Agent& agent = agents.at(action.node);
    if (agent.silent || action.session != agent.session) return;
    if (action.set.stamp <= agent.applied) return;
    obey(agent, action.set);
  }
  void obey(Agent& agent, const wire::DesiredSet& set) {
    agent.applied = set.stamp;
    agent.changed = true;
    std::map<WorkerId, wire::WorkerOrder> orders;
    for (const wire::DesiredWorker& worker : set.workers) {
      orders[worker.id] = worker.order;
      if (!agent.workers.contains(worker.id)) begin(agent, worker);
      if (worker.order != wire::WorkerOrder::kStop) continue;
      if (!worker.wait_for_quiet) expect_unrouted(worker);
      agent.workers[worker.id].phase = wire::WorkerPhase::kEnded;
      agent.ended_ever.push_back(worker.id);
    }
    std::erase_if(agent.workers, [&](const auto& worker) {
      return worker.second.phase == wire::WorkerPhase::kEnded && !orders.contains(worker.first);
    });
  }
  void expect_unrouted(const wire::DesiredWorker& worker) const {
    for (const auto& [id, balancer] : balancers) {
      if (!state.balancers.contains(id) || !balancer.tables.contains(worker.service)) continue;
      for (const auto& endpoint : balancer.tables.at(worker.service).endpoints) {
        EXPECT_FALSE(endpoint.id == worker.id && endpoint.state == wire::EndpointState::kActive)
            << worker.id << " is stopped while " << id << " routes to it";
      }
    }
  }
  void begin(Agent& agent, const wire::DesiredWorker& worker) {
    wire::WorkerReport report{
        .id = worker.id, .service = worker.service, .release = worker.release};
    report.address = {"10.0.0.1", agent.next_port++};
    if (agent.refuses) {
      report.phase = wire::WorkerPhase::kRefused;
      report.reason = "command not found";
    }
    agent.workers[worker.id] = report;
    agent.ready_at[worker.id] = now + agent.start_time;
  }

  void take(const SendServiceTable& action) {
    forward("table of " + action.table.service.text + " to " + action.balancer.text,
            action.table.stamp);
    Balancer& balancer = balancers.at(action.balancer);
    if (balancer.silent || action.session != balancer.session) return;
    wire::ServiceTable& held = balancer.tables[action.table.service];
    if (action.table.stamp > held.stamp) {
      const wire::ServiceTable before = std::exchange(held, action.table);
      keep_missing(held, before);
    }
    if (balancer.acks) acks_due_.push_back({action.balancer, action.table.service});
  }
  // Absence is no order: an endpoint that the new table does not mention stays as it was.
  static void keep_missing(wire::ServiceTable& held, const wire::ServiceTable& before) {
    for (const wire::Endpoint& endpoint : before.endpoints) {
      const auto same = [&](const wire::Endpoint& other) { return other.id == endpoint.id; };
      if (endpoint.state != wire::EndpointState::kGone &&
          std::none_of(held.endpoints.begin(), held.endpoints.end(), same)) {
        held.endpoints.push_back(endpoint);
      }
    }
  }
  void take(const SendMatchTable& action) {
    forward("matches to " + action.balancer.text, action.table.stamp);
    Balancer& balancer = balancers.at(action.balancer);
    if (balancer.silent) return;
    balancer.match = action.table;
    acks_due_.push_back({action.balancer, std::nullopt});
  }

  void live(const NodeId& id, Agent& agent) {
    for (auto& [worker, said] : agent.workers) {
      if (said.phase == wire::WorkerPhase::kBackingOff && agent.retries &&
          now >= agent.ready_at[worker] + *agent.retries) {
        said.phase = wire::WorkerPhase::kStarting;
        agent.ready_at[worker] = now + agent.start_time;
        agent.changed = true;
      }
      if (said.phase != wire::WorkerPhase::kStarting || now < agent.ready_at[worker]) continue;
      if (agent.hangs) continue;
      said.phase = agent.fails ? wire::WorkerPhase::kBackingOff : wire::WorkerPhase::kReady;
      if (agent.fails) {
        ++said.failures;
        said.last_exit = wire::Exit{.code = 1};
        said.reason = "ended before it was ready with exit code 1";
        said.last_output = {"cannot open model.bin"};
      } else {
        said.start_ms = static_cast<std::uint64_t>(agent.start_time / 1ms);
      }
      agent.changed = true;
    }
    if (!agent.silent && agent.acquaintance.is_due(agent.session, now)) say_hello(id);
    if (agent.changed || now - agent.reported_at >= 1s) report(id);
  }

  void serve(const BalancerId& id, Balancer& balancer, double seconds) {
    const auto due = std::move(acks_due_);
    acks_due_.clear();
    for (const auto& [to, service] : due) {
      Balancer& acker = balancers.at(to);
      const Stamp applied = service ? acker.tables[*service].stamp : acker.match.stamp;
      if (!acker.silent)
        happens(TableAcked{to, acker.session, {.service = service, .applied = applied}});
    }
    if (!balancer.silent && balancer.acquaintance.is_due(balancer.session, now)) say_hello(id);
    bool at_once = false;
    for (auto& [service, table] : balancer.tables) {
      at_once = flow(balancer, table, seconds) || at_once;
    }
    if (at_once || now - balancer.reported_at >= 500ms) report(id);
  }
  static void note_durations(Balancer& balancer, wire::ServiceTraffic& counts,
                             std::uint32_t served) {
    if (!balancer.answer_time) return;
    DurationCounts& durations = balancer.durations[counts.service];
    for (std::uint32_t i = 0; i < served; ++i) durations.add(*balancer.answer_time);
    counts.durations = wire::durations_of(durations);
  }
  // True when the coordinator should hear of it at once.
  bool flow(Balancer& balancer, const wire::ServiceTable& table, double seconds) {
    wire::ServiceTraffic& counts = balancer.traffic[table.service];
    double& owed = balancer.owed[table.service];
    owed += balancer.rate[table.service] * seconds;
    const auto arrived = static_cast<std::uint32_t>(owed);
    owed -= arrived;
    counts.arrivals_total += arrived;
    const bool held_before = counts.held > 0;
    const std::uint32_t before = counts.in_flight;
    std::uint32_t active = 0;
    for (const auto& endpoint : table.endpoints) {
      active += endpoint.state == wire::EndpointState::kActive;
    }
    counts.endpoints.clear();
    if (active == 0) {
      counts.held += arrived;
      counts.held_total += arrived;
      counts.in_flight = 0;
    } else {
      const std::uint32_t served = arrived + counts.held;
      counts.held = 0;
      counts.completed_total += served;
      note_durations(balancer, counts, served);
      counts.busy_seconds_total += served * balancer.service_seconds;
      const double load = balancer.rate[table.service] * balancer.service_seconds;
      counts.in_flight = static_cast<std::uint32_t>(load + 0.5);
    }
    std::uint32_t pinned_here = 0;
    for (const auto& endpoint : table.endpoints) {
      if (endpoint.state == wire::EndpointState::kGone) continue;
      wire::EndpointTraffic use{.id = endpoint.id};
      if (endpoint.state == wire::EndpointState::kActive) use.in_flight = counts.in_flight / active;
      if (const auto pin = balancer.pinned.find(endpoint.id); pin != balancer.pinned.end()) {
        use.in_flight += pin->second;
        pinned_here += pin->second;
      }
      counts.endpoints.push_back(use);
    }
    counts.in_flight += pinned_here;
    return (counts.held > 0 && !held_before) ||
           (counts.in_flight > before && counts.in_flight > active * 8);
  }

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
