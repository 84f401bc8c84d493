#include "coordinator/core/plan.hpp"

#include <algorithm>
#include <tuple>
#include <vector>

#include "coordinator/core/overdue.hpp"
#include "coordinator/core/placement.hpp"
#include "coordinator/core/starts.hpp"
#include "coordinator/core/text.hpp"

namespace foretide::coordinator {
namespace {

using Workers = Census::Workers;

void recall(Turn& turn, WorkerRecord& worker) {
  worker.stage = WorkerStage::kServing;
  worker.drain_stamp = {};
  worker.drain_reason.clear();
  worker.wait_for_quiet = false;
  turn.services.insert(worker.service);
}

// Brings `count` more of the present release; how many came.
std::uint32_t bring(Turn& turn, ServiceRecord& service, Census& census, std::uint32_t count) {
  std::uint32_t brought = 0;
  while (brought < count && !census.recallable.empty()) {
    recall(turn, *census.recallable.back());
    census.recallable.pop_back();
    ++brought;
  }
  while (brought < count && start(turn, service, census)) ++brought;
  return brought;
}

// The worker that is missed least, first.
void sort_by_loss(Workers& workers, const State& state) {
  const auto loss = [&state](const WorkerRecord* worker) {
    const int usefulness = worker->is_failing() ? 0 : worker->is_starting() ? 1 : 2;
    const std::size_t neighbours = state.nodes.at(worker->node).workers.size();
    return std::make_tuple(usefulness, worker->in_flight(), -static_cast<long>(neighbours),
                           worker->id);
  };
  std::sort(workers.begin(), workers.end(),
            [&](const WorkerRecord* a, const WorkerRecord* b) { return loss(a) < loss(b); });
}

void shed(Turn& turn, Workers& workers, std::size_t count, const std::string& reason) {
  sort_by_loss(workers, turn.state);
  count = std::min(count, workers.size());
  for (std::size_t i = 0; i < count; ++i) drain(turn, *workers[i], reason);
  workers.erase(workers.begin(), workers.begin() + static_cast<std::ptrdiff_t>(count));
}

std::string reason_to_replace(const State& state, const ServiceRecord& service,
                              const WorkerRecord& worker) {
  if (state.nodes.at(worker.node).draining) {
    return "node " + worker.node.text + " is being drained";
  }
  return "release " + service.release.text + " replaces it";
}

// Old workers that are not needed to keep `desired` ready go.
void shed_old(Turn& turn, const ServiceRecord& service, Census& census, std::uint32_t desired) {
  sort_by_loss(census.old, turn.state);
  Workers kept;
  for (WorkerRecord* worker : census.old) {
    // One whose node has not spoken of it yet may well be serving.
    const bool serves_nothing = worker->report ? !worker->is_ready() : !worker->routed;
    const bool spare = serves_nothing || census.ready > desired;
    if (!spare) {
      kept.push_back(worker);
      continue;
    }
    if (worker->is_ready()) --census.ready;
    drain(turn, *worker, reason_to_replace(turn.state, service, *worker));
  }
  census.old = std::move(kept);
}

// One old worker goes first where the new one then fits; where it would not, going helps nobody.
void make_room(Turn& turn, const ServiceRecord& service, Census& census) {
  if (!turn.loads) turn.loads = loads_of(turn.state);
  sort_by_loss(census.old, turn.state);
  const auto victim = std::find_if(census.old.begin(), census.old.end(), [&](WorkerRecord* old) {
    return fits_in_place_of(*old, turn.state, *turn.loads, service, turn.now);
  });
  if (victim == census.old.end()) return;
  drain(turn, **victim,
        reason_to_replace(turn.state, service, **victim) + ", and there is no room for both");
  census.old.erase(victim);
}

// How many more there may be while overdue ones are there too: they count against max. Without them
// the desired number is bound enough, and one that fails may have another beside it.
std::uint32_t room_below_max(const ServiceRecord& service, const Census& census,
                             std::uint32_t surge) {
  const std::uint32_t most = service.settings->scale.max + surge;
  if (census.overdue.empty()) return most;
  const auto there = static_cast<std::uint32_t>(census.serving() + census.overdue.size());
  return most > there ? most - there : 0;
}

void grow(Turn& turn, ServiceRecord& service, Census& census, std::uint32_t missing) {
  const std::uint32_t wanted = std::min(missing, room_below_max(service, census, 0));
  tell_overdue(turn, service, census, bring(turn, service, census, wanted));
}

void roll(Turn& turn, ServiceRecord& service, Census& census, std::uint32_t desired) {
  const auto current = static_cast<std::uint32_t>(census.current.size());
  // One that fails takes no requests, and so not the place of the one that is added.
  const std::uint32_t working = census.serving() - census.failing;
  const std::uint32_t room = desired + 1 > working ? desired + 1 - working : 0;
  const std::uint32_t missing = desired > current ? desired - current : 0;
  // One that does not come up is enough to know of a release. Of a node that is drained it tells
  // nothing: there the release is the one that has been running.
  const bool is_bad = census.failing_current > 0 && census.of_other_release > 0;
  const std::uint32_t wanted =
      is_bad ? 0 : std::min({room, missing, room_below_max(service, census, 1)});
  const std::uint32_t brought = bring(turn, service, census, wanted);
  if (missing > 0) tell_overdue(turn, service, census, brought);
  if (turn.is_young()) return;
  shed_old(turn, service, census, desired);
  const bool stuck = wanted > 0 && brought == 0 && census.starting_current == 0 &&
                     census.leaving == 0 && census.overdue.empty();
  // Where nobody can be asked, the old one would go and no new one could come.
  if (stuck && service.lacks_room) make_room(turn, service, census);
}

// A worker that its node reports after all, or that is no longer wanted, needs no place: who was
// told that there is none is told that too, and would be told again.
void end_search(Turn& turn, ServiceRecord& service, const Census& census, std::uint32_t desired) {
  if (census.current.size() < desired || service.told_no_place.empty()) return;
  found_place(service);
  tell(turn, {.kind = "placement",
              .service = service.id,
              .text = "no worker of " + service.id.text + " is missing any more"});
}

std::string reason_of(const ServiceRecord& service) {
  if (!service.settings) return "its service left the cluster file";
  if (service.decisions.empty()) return "fewer workers are needed";
  const Decision& last = service.decisions.back();
  return counted(last.to, "worker is", "workers are") + " enough (" + last.rule + ")";
}

}  // namespace

void drain(Turn& turn, WorkerRecord& worker, const std::string& reason) {
  worker.stage = WorkerStage::kDraining;
  worker.drain_began = turn.now;
  worker.drain_reason = reason;
  worker.drain_stamp = {};
  turn.services.insert(worker.service);
}

void plan(Turn& turn, ServiceRecord& service, Census census) {
  const bool runs_workers = service.settings && !service.is_static();
  const std::uint32_t desired = runs_workers ? service.desired.value_or(0) : 0;
  if (!runs_workers) {
    shed(turn, census.current, census.current.size(), reason_of(service));
    shed(turn, census.old, census.old.size(), reason_of(service));
    return;
  }
  hold_starts(turn, service, census);
  if (!census.old.empty()) {
    roll(turn, service, census, desired);
  } else if (census.current.size() < desired) {
    grow(turn, service, census, desired - static_cast<std::uint32_t>(census.current.size()));
  }
  if (census.current.size() > desired && !turn.is_young()) {
    shed(turn, census.current, census.current.size() - desired, reason_of(service));
  }
  end_search(turn, service, census, desired);
  if (desired == 0 && !turn.is_young()) {
    shed(turn, census.overdue, census.overdue.size(), reason_of(service));
  }
}

}  // namespace foretide::coordinator
