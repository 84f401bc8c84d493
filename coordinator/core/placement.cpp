#include "coordinator/core/placement.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

#include "coordinator/core/text.hpp"

namespace foretide::coordinator {
namespace {

// What stands in each other's way on a node.
struct Load {
  double cpus = 0.0;
  std::uint64_t memory_bytes = 0;
  std::uint32_t workers = 0, of_service = 0;
};

Load load_on(const State& state, const NodeRecord& node, const ServiceId& service) {
  Load load;
  for (const WorkerId& id : node.workers) {
    const WorkerRecord* worker = state.find_worker(id);
    if (!worker || worker->stage == WorkerStage::kGone) continue;
    ++load.workers;
    if (worker->service == service && worker->stage == WorkerStage::kServing) ++load.of_service;
    const ServiceRecord& owner = state.services.at(worker->service);
    const auto spec = owner.specs.find(worker->release);
    if (spec == owner.specs.end()) continue;
    load.cpus += spec->second.needs.cpus;
    load.memory_bytes += spec->second.needs.memory_bytes;
  }
  return load;
}

// Why not, or nothing.
std::optional<std::string> objection(const NodeRecord& node, const ServiceRecord& service,
                                     const Load& load, Instant now) {
  if (node.removed || node.session.empty()) return "is not connected";
  if (node.is_suspect(now)) return "is silent";
  if (!node.merged) return "has not reported yet";
  const auto refusal = service.refusals.find(node.id);
  if (refusal != service.refusals.end() && refusal->second.release == service.release &&
      now < refusal->second.until) {
    return "cannot start it: " + refusal->second.reason;
  }
  const Needs& needs = service.settings->worker.needs;
  if (needs.cpus > 0.0 && load.cpus + needs.cpus > node.cpus + 1e-9) {
    return text_of("has %.3g of %.3g cores free", std::max(0.0, node.cpus - load.cpus), node.cpus);
  }
  if (needs.memory_bytes > 0) {
    const bool promised = load.memory_bytes + needs.memory_bytes > node.memory_bytes;
    const bool used = node.sample && node.sample->memory_available_bytes &&
                      *node.sample->memory_available_bytes < needs.memory_bytes;
    if (promised || used) return "has too little memory free";
  }
  return std::nullopt;
}

// Larger is freer: the smaller of what needs and what the sample leave.
double free_share(const NodeRecord& node, const Load& load) {
  const double cpus = std::max(node.cpus, 0.1);
  double free = 1.0 - load.cpus / cpus - 0.01 * load.workers / cpus;
  if (node.sample && node.sample->cpu_usage) free = std::min(free, 1.0 - *node.sample->cpu_usage);
  return free;
}

}  // namespace

std::variant<NodeId, NoPlace> placement_for(const State& state, const ServiceRecord& service,
                                            Instant now) {
  using Rank = std::tuple<std::uint32_t, double, NodeId>;  // the smallest is taken
  std::optional<Rank> best;
  std::string objections;
  for (const auto& [id, node] : state.nodes) {
    const Load load = load_on(state, node, service.id);
    if (const auto why = objection(node, service, load, now)) {
      objections += (objections.empty() ? "" : "; ") + id.text + " " + *why;
      continue;
    }
    const Rank rank{load.of_service, -free_share(node, load), id};
    if (!best || rank < *best) best = rank;
  }
  if (best) return std::get<NodeId>(*best);
  return NoPlace{objections.empty() ? "no node has joined" : objections};
}

}  // namespace foretide::coordinator
