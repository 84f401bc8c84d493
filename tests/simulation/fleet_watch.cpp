#include "tests/simulation/fleet_watch.hpp"

#include <algorithm>

namespace foretide::simulation {
namespace {

using coordinator::ServiceRecord;
using coordinator::State;
using coordinator::WorkerRecord;
using coordinator::WorkerStage;

std::set<WorkerId> active_in(const wire::ServiceTable& table) {
  std::set<WorkerId> active;
  for (const wire::Endpoint& endpoint : table.endpoints) {
    if (endpoint.state == wire::EndpointState::kActive) active.insert(endpoint.id);
  }
  return active;
}

bool is_known_ready(const State& state, const WorkerId& id, Instant now) {
  const WorkerRecord* worker = state.find_worker(id);
  if (worker == nullptr || !worker->report) return false;
  const auto node = state.nodes.find(worker->node);
  return worker->report->phase == wire::WorkerPhase::kReady && node != state.nodes.end() &&
         !node->second.is_lost(now);
}

std::uint32_t least(const ServiceRecord& service) {
  if (!service.settings) return 0;
  const std::uint32_t min = service.settings->scale.min;
  return service.manual ? std::min(min, service.manual->count) : min;
}

}  // namespace

void FleetWatch::coordinator_begins() {
  published_.clear();
  too_many_since_.clear();
  numbers_.coordinator_begins();
}

void FleetWatch::saw(const State& state, const std::vector<coordinator::Action>& actions,
                     Instant now) {
  for (const coordinator::Action& action : actions) {
    if (const auto* table = std::get_if<coordinator::SendServiceTable>(&action)) {
      saw_table(state, table->table, now);
    } else if (const auto* set = std::get_if<coordinator::SendSet>(&action)) {
      saw_set(state, set->set);
    } else if (const auto* decision = std::get_if<coordinator::RecordDecision>(&action)) {
      saw_decision(decision->decision);
      numbers_.saw(state, decision->decision);
    }
  }
}

void FleetWatch::saw_table(const State& state, const wire::ServiceTable& table, Instant now) {
  wire::ServiceTable& last = published_[table.service];
  if (last.stamp == table.stamp) return;
  const std::set<WorkerId> before = active_in(last), after = active_in(table);
  last = table;
  const auto service = state.services.find(table.service);
  if (service == state.services.end()) return;
  const auto ready = [&](const WorkerId& id) { return is_known_ready(state, id, now); };
  const auto ready_before =
      static_cast<std::uint32_t>(std::count_if(before.begin(), before.end(), ready));
  const auto ready_after =
      static_cast<std::uint32_t>(std::count_if(after.begin(), after.end(), ready));
  const std::uint32_t floor = std::min(least(service->second), ready_before);
  if (ready_after < floor) {
    ground_.verdict.broken(
        "below-min", "table " + text_of(table.stamp) + " leaves " + table.service.text + " with " +
                         std::to_string(ready_after) + " of " + std::to_string(ready_before) +
                         " ready workers; min is " + std::to_string(least(service->second)));
  }
}

void FleetWatch::saw_set(const State& state, const wire::DesiredSet& set) {
  for (const wire::DesiredWorker& worker : set.workers) {
    if (worker.order == wire::WorkerOrder::kRun) {
      if (!known_.insert(worker.id).second) continue;
      std::deque<Instant>& made = made_[worker.service];
      made.push_back(ground_.queue.now());
      while (made.front() + std::chrono::seconds(60) < ground_.queue.now()) made.pop_front();
      const auto service = state.services.find(worker.service);
      const std::uint32_t max = service != state.services.end() && service->second.settings
                                    ? service->second.settings->scale.max
                                    : 10;
      if (made.size() > 4 * max + 20) {
        ground_.verdict.broken("new-workers", std::to_string(made.size()) + " workers of " +
                                                  worker.service.text + " were made within 60 s");
      }
      continue;
    }
    const auto service = state.services.find(worker.service);
    if (service == state.services.end()) continue;
    const wire::ServiceTable& table = service->second.table;
    if (!active_in(table).contains(worker.id)) continue;
    const WorkerRecord* record = state.find_worker(worker.id);
    if (record != nullptr && record->report && record->report->phase == wire::WorkerPhase::kReady) {
      ground_.verdict.broken("stopped-undrained", "set " + text_of(set.stamp) + " stops " +
                                                      worker.id.text + ", which table " +
                                                      text_of(table.stamp) +
                                                      " still lets take requests");
    }
  }
}

void FleetWatch::saw_decision(const coordinator::Decision& decision) {
  ground_.history.note("coordinator", [&] {
    return "decision for " + decision.service.text + ": " + std::to_string(decision.from) + " -> " +
           std::to_string(decision.to) + " by " + decision.rule + ": " + decision.reason;
  });
  constexpr Duration kFresh = std::chrono::seconds(15);
  // A shrink that min or max names is one by hand: what demand asks for is held before they speak.
  const bool by_demand = decision.rule != "manual" && decision.rule != "min" &&
                         decision.rule != "max" && decision.rule != "paused" &&
                         decision.rule != "adopted" && decision.rule != "removed";
  if (decision.to >= decision.from || !by_demand || !silence_) return;
  if (const Duration silence = silence_(decision.service); silence > kFresh) {
    ground_.verdict.broken("blind-shrink",
                           decision.service.text + " goes from " + std::to_string(decision.from) +
                               " to " + std::to_string(decision.to) + " by " + decision.rule +
                               " although a balancer that takes requests was not heard for " +
                               std::to_string(seconds_in(silence)) + " s");
  }
}

// Processes that really run and are meant to stay, on hosts that the coordinator hears.
std::size_t FleetWatch::running(const State& state, const ServiceId& service, Instant now) const {
  std::size_t count = 0;
  for (const SimHost* host : hosts_) {
    const auto node = state.nodes.find(NodeId{host->name()});
    if (node == state.nodes.end() || !node->second.merged || node->second.is_suspect(now)) continue;
    for (const auto& [pid, process] : host->processes()) {
      if (process.service != service) continue;
      const WorkerRecord* worker = state.find_worker(process.id);
      if (worker == nullptr || worker->stage == WorkerStage::kServing) ++count;
    }
  }
  return count;
}

void FleetWatch::look(const State& state, Instant now) {
  numbers_.look(state, now);
  constexpr Duration kWhile = std::chrono::seconds(30);
  for (const auto& [id, service] : state.services) {
    const std::size_t max = !service.settings ? 0
                            : service.manual
                                ? std::max(service.settings->scale.max, service.manual->count)
                                : service.settings->scale.max;
    const std::size_t count = running(state, id, now);
    if (count <= max + 1) {
      too_many_since_.erase(id);
      continue;
    }
    const Instant since = too_many_since_.emplace(id, ground_.queue.now()).first->second;
    if (ground_.queue.now() - since > kWhile) {
      ground_.verdict.broken("above-max", std::to_string(count) + " workers of " + id.text +
                                              " run and are meant to stay; max is " +
                                              std::to_string(max));
    }
  }
}

}  // namespace foretide::simulation
