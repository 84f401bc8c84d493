#include "coordinator/core/starts.hpp"

#include <algorithm>
#include <utility>

#include "coordinator/core/adoption.hpp"
#include "coordinator/core/decide.hpp"
#include "coordinator/core/placement.hpp"
#include "coordinator/core/plan.hpp"
#include "coordinator/core/stopped_starts.hpp"
#include "coordinator/core/text.hpp"

namespace foretide::coordinator {
namespace {

// Looking at every node for every service that fits nowhere is not done each tick.
constexpr Duration kPlaceAgainAfter = std::chrono::milliseconds(500);

WorkerId next_worker_id(State& state, const ServiceId& service) {
  WorkerId id;
  do {
    ++state.workers_made;
    id.text = service.text + "-" + std::to_string(state.epoch) + state.tag + "-" +
              std::to_string(state.workers_made);
  } while (state.service_of.contains(id));
  return id;
}

const NodeLoads& loads_in(Turn& turn) {
  if (!turn.loads) turn.loads = loads_of(turn.state);
  return *turn.loads;
}

void found_no_place(Turn& turn, ServiceRecord& service, const NoPlace& none) {
  service.no_place_at = turn.now;
  service.lacks_room = none.lacks_room;
  // Right after our own start nobody is connected yet; that is no news.
  if (service.told_no_place == none.reason || turn.is_young()) return;
  service.told_no_place = none.reason;
  tell(turn, {.kind = "placement",
              .service = service.id,
              .text = "no node can take a worker of " + service.id.text + ": " + none.reason});
}

void make_worker(Turn& turn, ServiceRecord& service, const Census& census, const NodeId& node) {
  if (!service.told_no_place.empty()) {
    tell(turn,
         {.kind = "placement",
          .service = service.id,
          .text = "a place for a worker of " + service.id.text + " was found: node " + node.text});
  }
  found_place(service);
  const WorkerId id = next_worker_id(turn.state, service.id);
  WorkerRecord worker{.id = id, .service = service.id, .release = service.release, .node = node};
  worker.made_at = turn.now;
  worker.stands_in = !census.overdue.empty();
  turn.nodes.insert(node);
  (*turn.loads)[node].add(service.settings->worker.needs);
  if (service.breaker.is_open()) service.breaker.trial_began(id);
  enter_worker(turn.state, service, std::move(worker));
}

bool is_coming_up(const WorkerRecord& worker) {
  return !worker.report || worker.report->phase == wire::WorkerPhase::kStarting;
}

// Its present run ended before it was ready.
bool has_failed_to_start(const WorkerRecord& worker) {
  return worker.report && worker.report->phase == wire::WorkerPhase::kBackingOff &&
         worker.report->failures > 0 && !worker.report->start_ms;
}

bool may_start(const ServiceRecord& service, const Census& census, Instant now) {
  if (!service.breaker.is_open()) return true;
  if (!service.breaker.is_trial_due(now) || !census.overdue.empty()) return false;
  return std::none_of(census.current.begin(), census.current.end(),
                      [](const WorkerRecord* worker) { return is_coming_up(*worker); });
}

bool is_to_open(Turn& turn, ServiceRecord& service) {
  if (!service.breaker.takes_doubt()) return false;
  return service.breaker.failed_on_most_nodes() ||
         !can_start_elsewhere(turn.state, loads_in(turn), service, turn.now);
}

void tell_stopped(Turn& turn, const ServiceRecord& service) {
  const FailedStart& last = service.breaker.last_failure();
  tell(turn, {.kind = "breaker",
              .service = service.id,
              .node = last.node,
              .worker = last.worker,
              .text = service.id.text + ": " + stopped_starts_of(service, turn.now)->text,
              .output = last.output});
}

void open(Turn& turn, ServiceRecord& service, const Census& census) {
  service.breaker.open(turn.now);
  tell_stopped(turn, service);
  record_event(
      turn, service, census,
      {"breaker", service.desired.value_or(0), stopped_starts_of(service, turn.now)->text});
}

// A trial that left the stage (its node was lost or refused it, the service sleeps) says nothing.
void forget_trial(ServiceRecord& service, Instant now) {
  const auto& trial = service.breaker.trial();
  if (!trial) return;
  const auto worker = service.workers.find(*trial);
  const bool goes_on =
      worker != service.workers.end() && worker->second.stage == WorkerStage::kServing;
  if (!goes_on) service.breaker.trial_ended(now);
}

void take_back_failed(Turn& turn, Census& census) {
  std::erase_if(census.current, [&](WorkerRecord* worker) {
    if (!has_failed_to_start(*worker)) return false;
    drain(turn, *worker, "its start failed, and starts of its release are stopped");
    --census.failing;
    --census.failing_current;
    ++census.leaving;
    return true;
  });
}

}  // namespace

void found_place(ServiceRecord& service) {
  service.told_no_place.clear();
  service.no_place_at.reset();
  service.lacks_room = false;
}

bool start(Turn& turn, ServiceRecord& service, const Census& census) {
  if (turn.may_find_workers()) return false;
  if (!may_start(service, census, turn.now)) {
    service.lacks_room = false;
    return false;
  }
  if (service.no_place_at && turn.now - *service.no_place_at < kPlaceAgainAfter) return false;
  const auto place = placement_for(turn.state, loads_in(turn), service, turn.now);
  if (const auto* none = std::get_if<NoPlace>(&place)) {
    found_no_place(turn, service, *none);
    return false;
  }
  make_worker(turn, service, census, std::get<NodeId>(place));
  return true;
}

void watch_start(Turn& turn, ServiceRecord& service, const WorkerRecord& worker,
                 const std::optional<wire::WorkerReport>& before) {
  if (worker.release != service.release) return;
  const wire::WorkerReport& report = *worker.report;
  if (report.phase == wire::WorkerPhase::kReady) {
    // One that is heard of for the first time and was in a table has been running all along.
    const bool came_up = before ? before->phase != wire::WorkerPhase::kReady : !worker.routed;
    if (!came_up || !service.breaker.succeeded(worker.node, turn.now)) return;
    tell(turn, {.kind = "breaker",
                .service = service.id,
                .node = worker.node,
                .worker = worker.id,
                .text = service.id.text + ": a worker of release " + service.release.text +
                        " came up: starts go on"});
    return;
  }
  const std::uint32_t failures_before = before ? before->failures : 0;
  if (!has_failed_to_start(worker) || report.failures <= failures_before) return;
  const bool was_trial = service.breaker.trial() == worker.id;
  service.breaker.failed({.worker = worker.id,
                          .node = worker.node,
                          .reason = report.reason,
                          .output = report.last_output},
                         turn.now);
  if (was_trial) tell_stopped(turn, service);
}

void hold_starts(Turn& turn, ServiceRecord& service, Census& census) {
  if (is_to_open(turn, service)) open(turn, service, census);
  if (!service.breaker.is_open()) return;
  forget_trial(service, turn.now);
  if (!turn.is_young()) take_back_failed(turn, census);
}

}  // namespace foretide::coordinator
