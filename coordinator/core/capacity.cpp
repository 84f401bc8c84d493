#include "coordinator/core/capacity.hpp"

#include <algorithm>
#include <unordered_map>

#include "coordinator/core/desired.hpp"
#include "coordinator/core/text.hpp"
#include "coordinator/core/traffic.hpp"

namespace foretide::coordinator {
namespace {

constexpr Duration kEstimatedEvery = std::chrono::seconds(15);
constexpr double kNearlyAllCpu = 0.9;
// From here on what is given and what was measured are told to differ.
constexpr double kDiffersMuch = 1.4;

// That a worker on that node may use; 0: not known.
double cpus_of(const ServiceRecord& service, const NodeRecord& node) {
  const double needs = service.settings->worker.needs.cpus;
  return needs > 0.0 && (node.cpus <= 0.0 || needs < node.cpus) ? needs : node.cpus;
}

bool tells(const ServiceRecord& service, const WorkerRecord& worker) {
  return worker.stage == WorkerStage::kServing && worker.is_warm() &&
         worker.release == service.release;
}

void learn_from(const State& state, ServiceRecord& service, WorkerRecord& worker,
                const LoadStretch& stretch) {
  const auto node = state.nodes.find(worker.node);
  if (node == state.nodes.end()) return;
  const double cpus = cpus_of(service, node->second);
  KindCapacity* kind = service.capacity.kind_for(service.release, cpus);
  if (kind == nullptr) return;
  const auto cores = worker.usage.cpu_cores_since(stretch.began);
  const bool uses_all_cpu = cores && cpus > 0.0 && *cores >= kNearlyAllCpu * cpus;
  kind->evidence.add(stretch, uses_all_cpu, worker.load_references);
}

// Of the workers that serve, or are to; where there are none, of the nodes that could have them.
double mean_worth(const State& state, const ServiceRecord& service, Instant now) {
  double sum = 0.0;
  int counted = 0;
  const auto add = [&](const NodeRecord& node) {
    sum += worth_of(service.capacity, service.release, cpus_of(service, node));
    ++counted;
  };
  for (const auto& [id, worker] : service.workers) {
    const auto node = state.nodes.find(worker.node);
    if (worker.stage != WorkerStage::kServing || worker.is_failing()) continue;
    if (node != state.nodes.end()) add(node->second);
  }
  if (counted == 0) {
    for (const auto& [id, node] : state.nodes) {
      if (!node.is_lost(now)) add(node);
    }
  }
  return counted > 0 ? sum / counted : service.capacity.in_use.value_or(kCapacityPrior);
}

void put_to_use(const State& state, ServiceRecord& service, Instant now) {
  LearnedCapacity& learned = service.capacity;
  if (now - learned.estimated_at < kEstimatedEvery) return;
  learned.estimated_at = now;
  estimate(learned);
  if (learned.kinds.empty()) return;
  move_towards(learned, mean_worth(state, service, now), now);
}

std::string words_of(const KindCapacity& kind) {
  const CapacityEstimate& it = kind.estimate;
  std::string where;
  if (kind.cpus > 0.0) where = text_of("on %.3g CPUs ", kind.cpus);
  if (it.confidence == Confidence::kNone) {
    return where + "not known yet, no load was seen for long beside a lower one";
  }
  if (!it.knee) {
    return where + text_of("at least %.3g are served well at once, more were not seen", it.served);
  }
  return where +
         text_of("about %.3g are served at once (by %s, confidence %s, give or take %.0f %%)",
                 *it.knee, name_of(it.by), name_of(it.confidence), 100.0 * it.relative_error);
}

}  // namespace

double capacity_of(const ServiceRecord& service) {
  const double given = capacity_for(*service.settings);
  return service.settings->gives_capacity() ? given : service.capacity.in_use.value_or(given);
}

void learn_capacity(const State& state, ServiceRecord& service, const BalancerId& balancer,
                    const TrafficTrace& before, Instant now) {
  if (!service.settings || service.is_static()) return;
  const TrafficTrace& trace = service.traffic.at(balancer);
  std::unordered_map<WorkerId, const wire::EndpointTraffic*> counted_before;
  for (const auto& use : before.counts.endpoints) counted_before.emplace(use.id, &use);
  // A balancer that never gives a worker more than `hard` does not know whether it could do more.
  const bool others_wait = service.held() > 0 && !service.settings->capacity_hard;
  const double arrived = counted_since(trace.counts.arrivals_total, before.counts.arrivals_total) /
                         std::max(1U, ready_count(service));
  for (const wire::EndpointTraffic& use : trace.counts.endpoints) {
    const auto worker = service.workers.find(use.id);
    if (worker == service.workers.end()) continue;
    if (!tells(service, worker->second)) {
      worker->second.load_meter = {};
      worker->second.load_references = {};
      continue;
    }
    const auto earlier = counted_before.find(use.id);
    if (earlier == counted_before.end()) continue;
    const wire::EndpointTraffic& was = *earlier->second;
    const LoadShare share{
        .seconds = counted_since(trace.at_ms, before.at_ms) / 1000.0,
        .busy_seconds = std::max(0.0, use.busy_seconds_total - was.busy_seconds_total),
        .completed = counted_since(use.completed_total, was.completed_total),
        .failed = counted_since(use.failed_total, was.failed_total),
        .in_flight_change = static_cast<double>(use.in_flight) - was.in_flight,
        .arrived = arrived,
        .others_wait = others_wait};
    const auto stretch = worker->second.load_meter.add(balancer, share, now);
    if (stretch) learn_from(state, service, worker->second, *stretch);
  }
  put_to_use(state, service, now);
}

std::string capacity_words(const ServiceRecord& service) {
  if (!service.settings || service.is_static()) return "";
  const bool given = service.settings->gives_capacity();
  const double capacity = capacity_of(service);
  std::string words = text_of("%.3g", capacity);
  words += given                     ? ", given by the cluster file"
           : service.capacity.in_use ? ", learned"
                                     : ", to begin with: none is given and none was learned yet";
  std::string differs;
  for (const KindCapacity& kind : service.capacity.kinds) {
    if (kind.release != service.release) continue;
    words += "; " + words_of(kind);
    if (!given || !kind.settled || kind.estimate.confidence != Confidence::kGood) continue;
    const double times = *kind.settled / capacity;
    if (times < kDiffersMuch && times > 1.0 / kDiffersMuch) continue;
    differs = text_of(
        "; `capacity` is far from that: %.2g would leave a worker well used, and "
        "without `capacity` it is learned",
        *kind.settled);
  }
  return words + differs;
}

}  // namespace foretide::coordinator
