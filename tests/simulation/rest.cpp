#include "tests/simulation/rest.hpp"

#include <algorithm>
#include <set>

#include "agent/core/backoff.hpp"

namespace foretide::simulation {
namespace {

using coordinator::ServiceRecord;
using coordinator::State;
using coordinator::WorkerStage;

std::string unrest_in_service(const ServiceRecord& service) {
  const std::string who = "service " + service.id.text;
  for (const auto& [id, worker] : service.workers) {
    if (worker.stage != WorkerStage::kServing) return who + ": " + id.text + " is being retired";
    if (!worker.report || worker.report->phase != wire::WorkerPhase::kReady) {
      return who + ": " + id.text + " is not ready";
    }
    if (worker.release != service.release) return who + ": " + id.text + " runs an old release";
  }
  const std::size_t desired = service.settings ? service.desired.value_or(0) : 0;
  if (service.workers.size() != desired) {
    return who + ": " + std::to_string(service.workers.size()) + " workers, " +
           std::to_string(desired) + " desired";
  }
  if (service.settings && desired < service.settings->scale.min)
    return who + ": fewer than min desired";
  return {};
}

std::string unrest_on_host(const State& state, SimAgent& agent) {
  const std::string who = agent.host().name();
  const auto node = state.nodes.find(NodeId{who});
  if (node == state.nodes.end()) return who + ": unknown to the coordinator";
  if (agent.applied() != node->second.set.stamp) {
    return who + ": has set " + text_of(agent.applied()) + ", the newest is " +
           text_of(node->second.set.stamp);
  }
  std::set<WorkerId> running;
  for (const auto& [pid, process] : agent.host().processes()) {
    if (!running.insert(process.id).second) return who + ": " + process.id.text + " runs twice";
  }
  if (running != node->second.workers) return who + ": what runs there is not what should";
  if (agent.roster()->workers().size() != running.size())
    return who + ": its roster keeps ended workers";
  return {};
}

// After a lost store what nobody knows is let go only once everyone has had five minutes to report.
bool may_keep_strangers(const State& state, Instant now) {
  return state.store_was_behind && state.age(now) < std::chrono::minutes(6);
}

std::string unrest_in_balancer(const State& state, const SimBalancer& balancer,
                               const std::string& who, Instant now) {
  if (balancer.match_stamp() != state.match.stamp) return who + ": has an old match table";
  for (const auto& [id, service] : state.services) {
    const SimService* held = balancer.service(id);
    if (held == nullptr) {
      if (service.workers.empty()) continue;
      return who + ": knows nothing of " + id.text;
    }
    if (held->applied() != service.table.stamp) {
      return who + ": has table " + text_of(held->applied()) + " of " + id.text +
             ", the newest is " + text_of(service.table.stamp);
    }
    std::set<WorkerId> routed, ready;
    for (const auto& endpoint : held->endpoints().endpoints()) {
      if (endpoint->state == wire::EndpointState::kActive) routed.insert(endpoint->id);
    }
    for (const auto& [worker, record] : service.workers) ready.insert(worker);
    if (may_keep_strangers(state, now))
      std::erase_if(routed, [&](const WorkerId& one) { return !ready.contains(one); });
    if (routed != ready) return who + ": does not route to just the ready workers of " + id.text;
    if (!may_keep_strangers(state, now) && held->endpoints().endpoints().size() != routed.size())
      return who + ": keeps old endpoints of " + id.text;
  }
  return {};
}

}  // namespace

std::string unrest_in(const Cast& cast) {
  const State* state = cast.coordinator->state();
  if (state == nullptr) return "the coordinator is down";
  for (const auto& [id, service] : state->services) {
    if (std::string unrest = unrest_in_service(service); !unrest.empty()) return unrest;
  }
  for (const auto& agent : cast.agents) {
    if (std::string unrest = unrest_on_host(*state, *agent); !unrest.empty()) return unrest;
  }
  for (const auto& balancer : cast.balancers) {
    std::string unrest = unrest_in_balancer(*state, *balancer, balancer->program().name(),
                                            cast.coordinator->program().now());
    if (!unrest.empty()) return unrest;
  }
  return {};
}

Duration longest_pause_in(const Cast& cast) {
  Duration longest{};
  for (const auto& agent : cast.agents) {
    for (const auto& [id, life] : agent->roster()->workers()) {
      if (life.step == agent::LifeStep::kBackingOff && life.retry_at) {
        longest = std::max(longest, *life.retry_at - agent->program().now());
      } else if (life.step == agent::LifeStep::kProbing || life.step == agent::LifeStep::kFailing) {
        // A start that the faults have spoilt already is yet to be paid for.
        longest = std::max(longest, agent::backoff_for(life.failures + 1, 1.0));
      }
    }
  }
  const State& state = *cast.coordinator->state();
  for (const auto& [id, service] : state.services) {
    if (service.breaker.is_open()) {
      longest = std::max(longest, service.breaker.until_trial(cast.coordinator->program().now()));
    }
    for (const auto& [node, refusal] : service.refusals) {
      longest = std::max(longest, refusal.until - cast.coordinator->program().now());
    }
  }
  return longest;
}

}  // namespace foretide::simulation
