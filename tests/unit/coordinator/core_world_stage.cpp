#include "core_world.hpp"

#include <algorithm>

namespace foretide::coordinator::story {

void World::restart() {
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

void World::say_hello(const NodeId& id) {
  Agent& agent = agents.at(id);
  agent.acquaintance.hello_at = now;
  wire::Hello hello = agent.hello;
  hello.highest_epoch = std::max(hello.highest_epoch, agent.applied.epoch);
  happens(NodeHello{id, agent.session, hello, "10.0.0.1"});
  report(id);
}

void World::say_hello(const BalancerId& id) {
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

void World::report(const NodeId& id) {
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

void World::sample(const NodeId& id, const Agent& agent) {
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

void World::report(const BalancerId& id) {
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

void World::pass(Duration duration) {
  const Instant end = now + duration;
  while (now < end) {
    now += 50ms;
    for (auto& [id, balancer] : balancers) serve(id, balancer, 0.05);
    for (auto& [id, agent] : agents) live(id, agent);
    if ((now.time_since_epoch() / 50ms) % 5 == 0) happens(Tick{});
  }
}

std::uint32_t World::running() const {
  std::uint32_t count = 0;
  for (const auto& [id, agent] : agents) {
    for (const auto& [worker, said] : agent.workers) {
      count += said.phase == wire::WorkerPhase::kReady;
    }
  }
  return count;
}

bool World::has_notice(const std::string& part) const {
  return std::any_of(notices.begin(), notices.end(), [&](const Notice& notice) {
    return notice.text.find(part) != std::string::npos;
  });
}

void World::take(const SendSet& action) {
  forward("set of " + action.node.text, action.set.stamp);
  EXPECT_EQ(persisted[action.node], action.set) << "sent before it was durable";
  Agent& agent = agents.at(action.node);
  if (agent.silent || action.session != agent.session) return;
  if (action.set.stamp <= agent.applied) return;
  obey(agent, action.set);
}

void World::take(const SendServiceTable& action) {
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

void World::take(const SendMatchTable& action) {
  forward("matches to " + action.balancer.text, action.table.stamp);
  Balancer& balancer = balancers.at(action.balancer);
  if (balancer.silent) return;
  balancer.match = action.table;
  acks_due_.push_back({action.balancer, std::nullopt});
}

}  // namespace foretide::coordinator::story
