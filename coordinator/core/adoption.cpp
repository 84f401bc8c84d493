#include "coordinator/core/adoption.hpp"

#include <algorithm>
#include <utility>

#include "coordinator/core/decide.hpp"

namespace foretide::coordinator {

WorkerRecord& enter_worker(State& state, ServiceRecord& service, WorkerRecord worker) {
  const WorkerId id = worker.id;
  state.service_of[id] = service.id;
  state.nodes[worker.node].workers.insert(id);
  return service.workers[id] = std::move(worker);
}

// By value: the record that the id may be a part of goes.
void forget_worker(State& state, ServiceRecord& service, WorkerId id) {
  const auto record = service.workers.find(id);
  if (record == service.workers.end()) return;
  const ReleaseId release = record->second.release;
  if (const auto node = state.nodes.find(record->second.node); node != state.nodes.end()) {
    node->second.workers.erase(id);
  }
  state.service_of.erase(id);
  service.workers.erase(record);
  const bool in_use = std::any_of(service.workers.begin(), service.workers.end(),
                                  [&](const auto& w) { return w.second.release == release; });
  if (!in_use && release != service.release) service.specs.erase(release);
}

ServiceRecord& service_named(State& state, const ServiceId& id) {
  ServiceRecord& service = state.services[id];
  service.id = id;
  return service;
}

namespace {

std::uint32_t serving_count(const ServiceRecord& service) {
  return static_cast<std::uint32_t>(std::count_if(
      service.workers.begin(), service.workers.end(),
      [](const auto& worker) { return worker.second.stage == WorkerStage::kServing; }));
}

void count_found(Turn& turn, ServiceRecord& service, const WorkerRecord& worker) {
  service.last_request = turn.now;
  const std::uint32_t found = serving_count(service);
  const std::uint32_t before = service.desired.value_or(0);
  if (found <= before) return;
  Decision decision{.service = service.id, .at = turn.wall, .from = before, .to = found};
  decision.rule = "adopted";
  decision.reason = "worker " + worker.id.text + " was found running on " + worker.node.text;
  record_decision(turn, service, std::move(decision));
}

}  // namespace

WorkerRecord* adopt_worker(Turn& turn, const NodeId& node, const wire::WorkerReport& report) {
  // An ended worker that nobody knows needs nothing but that no set names it.
  if (report.phase == wire::WorkerPhase::kEnded) return nullptr;
  ServiceRecord& service = service_named(turn.state, report.service);
  WorkerRecord worker{
      .id = report.id, .service = report.service, .release = report.release, .node = node};
  worker.made_at = turn.now;
  worker.routed = true;  // balancers may have it from before
  const bool wanted = service.settings && report.release == service.release;
  if (report.phase == wire::WorkerPhase::kStopping) {
    worker.stage = WorkerStage::kStopping;
    worker.wait_for_quiet = true;  // who asked for the stop, and whom it asked, is not known
  } else if (!wanted) {
    worker.stage = WorkerStage::kDraining;
    worker.drain_began = turn.now;
    worker.drain_reason = service.settings ? "it runs another release than the service"
                                           : "its service is not in the cluster file";
  }
  WorkerRecord& entered = enter_worker(turn.state, service, std::move(worker));
  if (entered.stage == WorkerStage::kServing) count_found(turn, service, entered);
  tell(turn, {.kind = "worker",
              .service = service.id,
              .node = node,
              .worker = report.id,
              .text = "took in worker " + report.id.text + ", found running on " + node.text});
  turn.services.insert(service.id);
  turn.nodes.insert(node);
  return &entered;
}

}  // namespace foretide::coordinator
