#include "coordinator/core/placement.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

#include "coordinator/core/text.hpp"

namespace foretide::coordinator {
namespace {

std::uint32_t count_on(const ServiceRecord& service, const NodeId& node) {
  return static_cast<std::uint32_t>(
      std::count_if(service.workers.begin(), service.workers.end(), [&](const auto& worker) {
        return worker.second.stage == WorkerStage::kServing && worker.second.node == node;
      }));
}

struct Objection {
  std::string reason;
  bool lacks_room = false;
};

// Why not, or nothing.
std::optional<Objection> objection(const NodeRecord& node, const ServiceRecord& service,
                                   const NodeLoad& load, Instant now) {
  if (node.removed || node.session.empty()) return Objection{"is not connected"};
  if (node.draining) return Objection{"is being drained"};
  if (node.is_suspect(now)) return Objection{"is silent"};
  if (!node.merged) return Objection{"has not reported yet"};
  const auto refusal = service.refusals.find(node.id);
  if (refusal != service.refusals.end() && refusal->second.release == service.release &&
      now < refusal->second.until) {
    return Objection{"cannot start it: " + refusal->second.reason};
  }
  if (load.workers >= kNodeWorkersMax) {
    return Objection{"is full: it has " + counted(load.workers, "worker", "workers"), true};
  }
  const Needs& needs = service.settings->worker.needs;
  if (needs.cpus > 0.0 && load.cpus + needs.cpus > node.cpus + 1e-9) {
    const double free = std::max(0.0, node.cpus - load.cpus);
    return Objection{text_of("has %.3g of %.3g cores free", free, node.cpus), true};
  }
  if (needs.memory_bytes > 0) {
    const bool promised = load.memory_bytes + needs.memory_bytes > node.memory_bytes;
    const bool used =
        node.sample && node.sample->memory_available_bytes &&
        *node.sample->memory_available_bytes + load.leaving_bytes < needs.memory_bytes;
    if (promised || used) return Objection{"has too little memory free", true};
  }
  return std::nullopt;
}

NodeLoad load_of(const NodeLoads& loads, const NodeId& id) {
  const auto found = loads.find(id);
  return found == loads.end() ? NodeLoad{} : found->second;
}

// Larger is freer: the smaller of what needs and what the sample leave.
double free_share(const NodeRecord& node, const NodeLoad& load) {
  const double cpus = std::max(node.cpus, 0.1);
  double free = 1.0 - load.cpus / cpus - 0.01 * load.workers / cpus;
  if (node.sample && node.sample->cpu_usage) free = std::min(free, 1.0 - *node.sample->cpu_usage);
  return free;
}

}  // namespace

void NodeLoad::add(const Needs& needs) {
  cpus += needs.cpus;
  memory_bytes += needs.memory_bytes;
  ++workers;
}

void NodeLoad::remove(const Needs& needs) {
  cpus -= needs.cpus;
  memory_bytes -= std::min(memory_bytes, needs.memory_bytes);
  --workers;
}

NodeLoads loads_of(const State& state) {
  NodeLoads loads;
  for (const auto& [name, service] : state.services) {
    for (const auto& [id, worker] : service.workers) {
      if (worker.stage == WorkerStage::kGone) continue;
      const auto spec = service.specs.find(worker.release);
      loads[worker.node].add(spec == service.specs.end() ? Needs{} : spec->second.needs);
    }
  }
  return loads;
}

bool fits_in_place_of(const WorkerRecord& leaving, const State& state, const NodeLoads& loads,
                      const ServiceRecord& service, Instant now) {
  NodeLoad load = loads.at(leaving.node);
  const auto spec = service.specs.find(leaving.release);
  load.remove(spec == service.specs.end() ? Needs{} : spec->second.needs);
  if (leaving.sample) load.leaving_bytes = leaving.sample->resident_bytes.value_or(0);
  return !objection(state.nodes.at(leaving.node), service, load, now);
}

bool can_start_elsewhere(const State& state, const NodeLoads& loads, const ServiceRecord& service,
                         Instant now) {
  return std::any_of(state.nodes.begin(), state.nodes.end(), [&](const auto& node) {
    return !service.breaker.failed_last_on(node.first, now) &&
           !objection(node.second, service, load_of(loads, node.first), now);
  });
}

std::variant<NodeId, NoPlace> placement_for(const State& state, const NodeLoads& loads,
                                            const ServiceRecord& service, Instant now) {
  using Rank = std::tuple<bool, std::uint32_t, double, NodeId>;  // the smallest is taken
  std::optional<Rank> best;
  NoPlace none;
  for (const auto& [id, node] : state.nodes) {
    const NodeLoad load = load_of(loads, id);
    if (const auto why = objection(node, service, load, now)) {
      none.reason += (none.reason.empty() ? "" : "; ") + id.text + " " + why->reason;
      none.lacks_room = none.lacks_room || why->lacks_room;
      continue;
    }
    const bool shunned = service.breaker.failed_last_on(id, now);
    const Rank rank{shunned, count_on(service, id), -free_share(node, load), id};
    if (!best || rank < *best) best = rank;
  }
  if (best) return std::get<NodeId>(*best);
  if (none.reason.empty()) none.reason = "no node has joined";
  return none;
}

}  // namespace foretide::coordinator
