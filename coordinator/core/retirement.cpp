#include "coordinator/core/retirement.hpp"

#include <algorithm>
#include <vector>

#include "coordinator/core/adoption.hpp"

namespace foretide::coordinator {
namespace {

const TableHeld* table_of(const BalancerRecord& balancer, const ServiceId& service) {
  const auto held = balancer.tables.find(service);
  return held == balancer.tables.end() ? nullptr : &held->second;
}

bool has_acked(const BalancerRecord& balancer, const ServiceId& service, Stamp stamp) {
  const TableHeld* held = table_of(balancer, service);
  return held && held->applied >= stamp;
}

bool all_live_acked(const Turn& turn, const ServiceId& service, Stamp stamp) {
  if (stamp.epoch == 0) return false;  // not published yet
  return std::all_of(
      turn.state.balancers.begin(), turn.state.balancers.end(), [&](const auto& balancer) {
        return !balancer.second.is_live(turn.now) || has_acked(balancer.second, service, stamp);
      });
}

// A coordinator that began less than this ago may not know every balancer there is.
constexpr Duration kAcquaintedAfter = std::chrono::seconds(60);

bool somebody_cannot_be_asked(const Turn& turn) {
  const auto live = [&](const auto& balancer) { return balancer.second.is_live(turn.now); };
  return turn.state.age(turn.now) < kAcquaintedAfter || turn.state.balancers.empty() ||
         !std::all_of(turn.state.balancers.begin(), turn.state.balancers.end(), live);
}

// The balancer's last count was taken with the draining table in force.
bool counted_since(const BalancerRecord& balancer, const TrafficTrace& trace,
                   const WorkerRecord& worker) {
  if (trace.session != balancer.session) return false;
  if (trace.counts.applied) return *trace.counts.applied >= worker.drain_stamp;
  const TableHeld* held = table_of(balancer, worker.service);
  return held && trace.heard_at > held->acked_at;
}

bool is_quiet(const Turn& turn, const ServiceRecord& service, const WorkerRecord& worker) {
  for (const auto& [id, balancer] : turn.state.balancers) {
    if (!balancer.is_live(turn.now)) continue;
    const auto trace = service.traffic.find(id);
    if (trace == service.traffic.end() || !counted_since(balancer, trace->second, worker)) {
      return false;
    }
    const auto use = worker.use.find(id);
    if (use != worker.use.end() && use->second.in_flight > 0) return false;
  }
  return true;
}

bool drain_is_over(const Turn& turn, const ServiceRecord& service, const WorkerRecord& worker) {
  const auto spec = service.specs.find(worker.release);
  const StopSpec stop = spec == service.specs.end() ? StopSpec{} : spec->second.stop;
  return turn.now - worker.drain_began >= stop.drain;
}

void stop(Turn& turn, WorkerRecord& worker) {
  const NodeRecord& node = turn.state.nodes.at(worker.node);
  // A removed node takes no orders; all that is left is to stop routing there.
  worker.stage = node.removed ? WorkerStage::kGone : WorkerStage::kStopping;
  turn.services.insert(worker.service);
  turn.nodes.insert(worker.node);
}

void advance_drain(Turn& turn, const ServiceRecord& service, WorkerRecord& worker) {
  if (!worker.routed) {
    stop(turn, worker);
    return;
  }
  if (!all_live_acked(turn, service.id, worker.drain_stamp)) return;
  if (!is_quiet(turn, service, worker) && !drain_is_over(turn, service, worker)) return;
  worker.wait_for_quiet = somebody_cannot_be_asked(turn);
  stop(turn, worker);
}

bool may_be_forgotten(const Turn& turn, const ServiceRecord& service, const WorkerRecord& worker) {
  return !worker.routed || all_live_acked(turn, service.id, worker.gone_stamp);
}

void bid_farewell(ServiceRecord& service, const WorkerRecord& worker) {
  service.farewells.push_back({worker.id, worker.address, worker.gone_stamp});
  if (service.farewells.size() > kFarewellsKept) {
    service.farewells.erase(service.farewells.begin());
  }
}

void forget_farewells(Turn& turn, ServiceRecord& service) {
  const auto dropped = std::erase_if(service.farewells, [&](const Farewell& farewell) {
    if (farewell.gone_stamp.epoch == 0) return false;
    return std::all_of(turn.state.balancers.begin(), turn.state.balancers.end(),
                       [&](const auto& balancer) {
                         return has_acked(balancer.second, service.id, farewell.gone_stamp);
                       });
  });
  if (dropped > 0) turn.services.insert(service.id);
}

}  // namespace

void retire(Turn& turn, ServiceRecord& service) {
  if (turn.is_young()) return;
  std::vector<WorkerId> forgotten;
  for (auto& [id, worker] : service.workers) {
    if (worker.stage == WorkerStage::kDraining) advance_drain(turn, service, worker);
    if (worker.stage == WorkerStage::kStopping && turn.state.nodes.at(worker.node).removed) {
      stop(turn, worker);
    }
    if (worker.stage == WorkerStage::kGone && may_be_forgotten(turn, service, worker)) {
      forgotten.push_back(id);
    }
  }
  for (const WorkerId& id : forgotten) {
    const WorkerRecord& worker = service.workers.at(id);
    turn.nodes.insert(worker.node);
    turn.services.insert(service.id);
    if (worker.routed) bid_farewell(service, worker);
    forget_worker(turn.state, service, id);
  }
  forget_farewells(turn, service);
}

}  // namespace foretide::coordinator
