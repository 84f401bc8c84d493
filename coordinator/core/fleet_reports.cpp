#include <algorithm>
#include <string>

#include "coordinator/core/adoption.hpp"
#include "coordinator/core/fleet.hpp"
#include "coordinator/core/plan.hpp"
#include "coordinator/core/sessions.hpp"
#include "coordinator/core/starts.hpp"
#include "coordinator/core/text.hpp"

namespace foretide::coordinator {
namespace {

std::string exit_text(const wire::WorkerReport& report) {
  if (report.last_exit && report.last_exit->signal) {
    return "was ended by signal " + std::to_string(*report.last_exit->signal);
  }
  if (report.last_exit && report.last_exit->code) {
    return "ended with status " + std::to_string(*report.last_exit->code);
  }
  return "ended";
}

void tell_worker(Turn& turn, const WorkerRecord& worker, const std::string& what) {
  std::string text = "worker " + worker.id.text + " on " + worker.node.text + " " + what;
  if (!worker.report->reason.empty()) text += ": " + worker.report->reason;
  tell(turn, {.kind = "worker",
              .service = worker.service,
              .node = worker.node,
              .worker = worker.id,
              .text = std::move(text),
              .output = worker.report->last_output});
}

void tell_failures(Turn& turn, const WorkerRecord& worker, std::uint32_t failures_before) {
  const wire::WorkerReport& report = *worker.report;
  // One that cannot be started at all has not ended.
  if (report.failures <= failures_before || report.phase == wire::WorkerPhase::kRefused) return;
  tell_worker(turn, worker,
              exit_text(report) + " (failure " + std::to_string(report.failures) +
                  " in a row); it is started again after a pause");
}

void on_ready(Turn& turn, ServiceRecord& service, const WorkerRecord& worker) {
  service.refusals.erase(worker.node);
  if (worker.report->failures > 0) tell_worker(turn, worker, "is ready again");
  if (worker.report->start_ms && worker.release == service.release) {
    service.start_times.add(std::chrono::milliseconds(*worker.report->start_ms));
    service.feedback.count_start(std::chrono::milliseconds(*worker.report->start_ms));
  }
}

void on_refused(Turn& turn, ServiceRecord& service, WorkerRecord& worker) {
  service.refusals[worker.node] = {
      .release = worker.release, .until = turn.now + kRefusedFor, .reason = worker.report->reason};
  tell_worker(turn, worker,
              text_of("cannot be started there (tried again after %.0f s, or when the agent is "
                      "restarted)",
                      seconds_in(kRefusedFor)));
  if (worker.stage != WorkerStage::kServing) return;
  worker.stage = WorkerStage::kStopping;
}

void on_phase(Turn& turn, ServiceRecord& service, WorkerRecord& worker) {
  switch (worker.report->phase) {
    case wire::WorkerPhase::kReady:
      on_ready(turn, service, worker);
      break;
    case wire::WorkerPhase::kRefused:
      on_refused(turn, service, worker);
      break;
    case wire::WorkerPhase::kEnded:
      worker.stage = WorkerStage::kGone;
      break;
    case wire::WorkerPhase::kStopping:
      if (worker.stage != WorkerStage::kGone) worker.stage = WorkerStage::kStopping;
      break;
    case wire::WorkerPhase::kStarting:
    case wire::WorkerPhase::kBackingOff:
      break;
  }
}

// Two hosts with one worker's name: a store was lost and its names were given again, or a host was
// copied. Which of the two is meant cannot be told from here, so the second is left alone, and
// said.
void tell_twin(Turn& turn, const NodeRecord& node, const WorkerRecord& known) {
  const std::string text = "node " + node.id.text + " runs a worker " + known.id.text +
                           ", which is one of node " + known.node.text +
                           ": it gets no requests; stop it there by hand";
  const auto same = [&](const Notice& notice) { return notice.text == text; };
  const auto& notices = turn.state.notices;
  if (std::any_of(notices.begin(), notices.end(), same)) return;
  tell(turn, {.kind = "identity", .node = node.id, .worker = known.id, .text = text});
}

void merge(Turn& turn, const NodeRecord& node, const wire::WorkerReport& report) {
  WorkerRecord* worker = turn.state.find_worker(report.id);
  if (!worker) worker = adopt_worker(turn, node.id, report);
  if (!worker) return;
  if (worker->node != node.id) return tell_twin(turn, node, *worker);
  ServiceRecord& service = turn.state.services.at(worker->service);
  const bool changed = !worker->report || worker->report->phase != report.phase;
  const std::optional<wire::WorkerReport> before = worker->report;
  const bool moved = report.address.port != 0 && report.address != worker->address;
  if (moved) worker->address = report.address;
  worker->report = report;
  tell_failures(turn, *worker, before ? before->failures : 0);
  watch_start(turn, service, *worker, before);
  if (changed) on_phase(turn, service, *worker);
  if (changed || moved) {
    turn.services.insert(service.id);
    turn.nodes.insert(node.id);
  }
}

// The report is the whole truth: what it leaves out does not run. That ends only what was ordered
// to stop.
void merge_absent(Turn& turn, const NodeRecord& node, WorkerRecord& worker) {
  const bool was_told_to_stop = worker.stop_stamp.epoch != 0 && node.applied >= worker.stop_stamp;
  if (worker.stage == WorkerStage::kStopping && was_told_to_stop) {
    worker.stage = WorkerStage::kGone;
    turn.nodes.insert(node.id);
  } else if (!worker.report) {
    return;
  }
  worker.report.reset();
  turn.services.insert(worker.service);
}

bool names(const wire::NodeReport& report, const WorkerId& id) {
  return std::any_of(report.workers.begin(), report.workers.end(),
                     [&](const wire::WorkerReport& worker) { return worker.id == id; });
}

}  // namespace

void apply(Turn& turn, const NodeReported& event) {
  NodeRecord& node = turn.state.nodes[event.node];
  node.id = event.node;
  if (!is_session(turn, node, event.session)) return;
  node.heard_at = turn.now;
  if (event.report.applied > node.set.stamp) {
    raise_epoch_past(turn, event.report.applied.epoch);
  }
  // Within a session what is applied only grows: this one was overtaken.
  if (event.report.applied < node.applied) return;
  turn.nodes.insert(node.id);
  node.merged = true;
  node.applied = event.report.applied;
  node.missing = event.report.missing;
  for (const wire::WorkerReport& report : event.report.workers) merge(turn, node, report);
  for (const WorkerId& id : node.workers) {
    if (!names(event.report, id)) merge_absent(turn, node, *turn.state.find_worker(id));
  }
}

void apply(Turn& turn, const NodeSampled& event) {
  const auto node = turn.state.nodes.find(event.node);
  if (node == turn.state.nodes.end()) return;
  node->second.sample = event.sample.host;
  node->second.parse_errors = event.sample.parse_errors;
  for (const wire::WorkerSample& sample : event.sample.workers) {
    WorkerRecord* worker = turn.state.find_worker(sample.id);
    if (!worker || worker->node != event.node) continue;
    worker->sample = sample;
    if (worker->is_warm()) {
      worker->usage.add(turn.now, sample);
      worker->metrics.add(turn.now, sample.metrics);
    } else {
      worker->usage = {};  // of the process before this one
      worker->metrics = {};
    }
  }
}

void apply(Turn& turn, const NodeRemoved& event) {
  const auto found = turn.state.nodes.find(event.node);
  if (found == turn.state.nodes.end()) return;
  NodeRecord& node = found->second;
  node.removed = true;
  node.draining = false;  // a later host of this name begins anew
  node.session.clear();
  node.merged = false;
  for (const WorkerId& id : node.workers) {
    WorkerRecord& worker = *turn.state.find_worker(id);
    if (worker.stage == WorkerStage::kServing) drain(turn, worker, "its node was removed");
    turn.services.insert(worker.service);
  }
  turn.nodes.insert(event.node);
}

void watch_silence(Turn& turn) {
  for (auto& [id, node] : turn.state.nodes) {
    if (node.removed || node.is_lost(turn.now) == node.lost_told) continue;
    node.lost_told = !node.lost_told;
    if (!node.lost_told) {
      tell(turn, {.kind = "node", .node = id, .text = "node " + id.text + " is back"});
    } else if (!node.workers.empty() || !node.session.empty()) {
      tell(turn, {.kind = "node",
                  .node = id,
                  .text = "node " + id.text + " is silent; its " +
                          counted(node.workers.size(), "worker is", "workers are") +
                          " left alone and replaced elsewhere"});
    }
  }
  std::erase_if(turn.state.nodes, [](const auto& node) {
    return node.second.removed && node.second.workers.empty();
  });
}

}  // namespace foretide::coordinator
