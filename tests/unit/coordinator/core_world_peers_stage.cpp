// What agents and balancers do by themselves, and with what they are told.
#include <algorithm>

#include "common/wire/durations.hpp"
#include "core_world.hpp"

namespace foretide::coordinator::story {

void World::obey(Agent& agent, const wire::DesiredSet& set) {
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

void World::expect_unrouted(const wire::DesiredWorker& worker) const {
  for (const auto& [id, balancer] : balancers) {
    if (!state.balancers.contains(id) || !balancer.tables.contains(worker.service)) continue;
    for (const auto& endpoint : balancer.tables.at(worker.service).endpoints) {
      EXPECT_FALSE(endpoint.id == worker.id && endpoint.state == wire::EndpointState::kActive)
          << worker.id << " is stopped while " << id << " routes to it";
    }
  }
}

void World::begin(Agent& agent, const wire::DesiredWorker& worker) {
  wire::WorkerReport report{.id = worker.id, .service = worker.service, .release = worker.release};
  report.address = {"10.0.0.1", agent.next_port++};
  if (agent.refuses) {
    report.phase = wire::WorkerPhase::kRefused;
    report.reason = "command not found";
  }
  agent.workers[worker.id] = report;
  agent.ready_at[worker.id] = now + agent.start_time;
}

void World::live(const NodeId& id, Agent& agent) {
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

void World::keep_missing(wire::ServiceTable& held, const wire::ServiceTable& before) {
  for (const wire::Endpoint& endpoint : before.endpoints) {
    const auto same = [&](const wire::Endpoint& other) { return other.id == endpoint.id; };
    if (endpoint.state != wire::EndpointState::kGone &&
        std::none_of(held.endpoints.begin(), held.endpoints.end(), same)) {
      held.endpoints.push_back(endpoint);
    }
  }
}

void World::serve(const BalancerId& id, Balancer& balancer, double seconds) {
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

void World::note_durations(Balancer& balancer, wire::ServiceTraffic& counts, std::uint32_t served) {
  if (!balancer.answer_time) return;
  DurationCounts& durations = balancer.durations[counts.service];
  for (std::uint32_t i = 0; i < served; ++i) durations.add(*balancer.answer_time);
  counts.durations = wire::durations_of(durations);
}

bool World::flow(Balancer& balancer, const wire::ServiceTable& table, double seconds) {
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

}  // namespace foretide::coordinator::story
