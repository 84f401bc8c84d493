#include "coordinator/core/census.hpp"

#include "coordinator/core/overdue.hpp"

namespace foretide::coordinator {
namespace {

void count_serving(Census& census, WorkerRecord& worker, bool current) {
  (current ? census.current : census.old).push_back(&worker);
  if (worker.is_ready()) {
    ++census.ready;
  } else if (worker.is_starting()) {
    ++census.starting;
    census.starting_current += current;
  } else {
    ++census.failing;
    census.failing_current += current;
  }
}

}  // namespace

Census census_of(const Turn& turn, ServiceRecord& service) {
  Census census;
  for (auto& [id, worker] : service.workers) {
    if (worker.stage != WorkerStage::kServing) ++census.leaving;
    if (turn.is_lost(worker.node)) continue;
    const NodeRecord& node = turn.state.nodes.at(worker.node);
    const bool current = worker.release == service.release && !node.draining;
    if (worker.stage == WorkerStage::kServing && current && is_overdue(service, worker)) {
      census.overdue.push_back(&worker);
    } else if (worker.stage == WorkerStage::kServing) {
      count_serving(census, worker, current);
      census.of_other_release += worker.release != service.release;
    } else if (worker.stage == WorkerStage::kDraining && worker.is_ready() && current &&
               !node.is_suspect(turn.now)) {
      census.recallable.push_back(&worker);
    }
  }
  return census;
}

}  // namespace foretide::coordinator
