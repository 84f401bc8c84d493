#include "coordinator/core/cluster.hpp"

#include <algorithm>
#include <utility>

#include "common/settings/release.hpp"
#include "coordinator/core/adoption.hpp"
#include "coordinator/core/decide.hpp"
#include "coordinator/core/routes.hpp"
#include "coordinator/core/sessions.hpp"
#include "coordinator/core/text.hpp"

namespace foretide::coordinator {
namespace {

// Upstreams that are no longer in the file are said farewell to.
void drop_upstreams(ServiceRecord& service, const ServiceSettings* next) {
  if (!service.settings) return;
  for (const Address& upstream : service.settings->upstreams) {
    const bool stays = next && std::find(next->upstreams.begin(), next->upstreams.end(),
                                         upstream) != next->upstreams.end();
    if (!stays) service.farewells.push_back({upstream_id(service.id, upstream), upstream, {}});
  }
}

void welcome_upstreams(ServiceRecord& service) {
  for (const Address& upstream : service.settings->upstreams) {
    std::erase_if(service.farewells, [&](const Farewell& farewell) {
      return farewell.id == upstream_id(service.id, upstream);
    });
  }
}

void take_settings(Turn& turn, const ServiceSettings& settings) {
  ServiceRecord& service = service_named(turn.state, settings.id);
  drop_upstreams(service, &settings);
  service.settings = settings;
  welcome_upstreams(service);
  service.told_no_place.clear();
  if (settings.worker.argv.empty()) return;
  const ReleaseId release = release_for(settings.worker);
  if (!service.release.empty() && service.release != release && !service.workers.empty()) {
    tell(turn, {.kind = "rollout",
                .service = service.id,
                .text = "service " + service.id.text + " changes from release " +
                        service.release.text + " to " + release.text});
  }
  if (service.release != release) service.breaker = {};
  service.release = release;
  begin_release(service.capacity, release);
  service.specs[release] = settings.worker;
}

void take_cluster(Turn& turn, const ClusterSettings& cluster) {
  turn.state.settings = cluster;
  for (const ServiceSettings& settings : cluster.services) take_settings(turn, settings);
  for (auto& [id, service] : turn.state.services) {
    const bool stays = std::any_of(cluster.services.begin(), cluster.services.end(),
                                   [&id = id](const auto& settings) { return settings.id == id; });
    if (stays || !service.settings) continue;
    drop_upstreams(service, nullptr);
    service.settings.reset();
    service.manual.reset();
    service.paused.reset();
    service.asked.reset();
    service.desired = 0;
    tell(turn, {.kind = "cluster",
                .service = id,
                .text = "service " + id.text + " left the cluster file; it is wound up"});
  }
  turn.everything = true;
}

// One that the store knows of.
NodeRecord& stored_node(Turn& turn, const NodeId& id) {
  NodeRecord& node = turn.state.nodes[id];
  node.id = id;
  node.heard_at = turn.now;  // its silence is counted from here
  return node;
}

void take_persisted(Turn& turn, const PersistedNode& persisted) {
  stored_node(turn, persisted.node);
  for (const wire::DesiredWorker& desired : persisted.set.workers) {
    ServiceRecord& service = service_named(turn.state, desired.service);
    const auto spec = persisted.set.specs.find(desired.release);
    // What the file says now of the same release (how it is probed and stopped) goes before.
    if (spec != persisted.set.specs.end()) service.specs.emplace(desired.release, spec->second);
    WorkerRecord worker{.id = desired.id,
                        .service = desired.service,
                        .release = desired.release,
                        .node = persisted.node};
    worker.made_at = turn.now;
    worker.routed = true;  // in tables of the life before, as far as we can know
    worker.wait_for_quiet = desired.wait_for_quiet;
    if (desired.order == wire::WorkerOrder::kStop) {
      worker.stage = WorkerStage::kStopping;
    } else {
      service.desired = service.desired.value_or(0) + 1;
      service.last_request = turn.now;
    }
    enter_worker(turn.state, service, std::move(worker));
  }
}

// What was decided last holds, rather than the number of workers in the sets, some of which may
// have been on a host that is gone and were replaced.
void take_decided(State& state, const Decision& decision) {
  const auto found = state.services.find(decision.service);
  if (found == state.services.end() || !found->second.settings) return;
  found->second.desired = decision.to;
  if (decision.to == 0) found->second.last_request.reset();
  found->second.decisions.push_back(decision);
}

void take_past(State& state, const ServiceId& id, const ServicePast& past) {
  const auto found = state.services.find(id);
  if (found == state.services.end() || !found->second.settings) return;
  found->second.prediction.remember(past.demand);
  for (const Duration start : past.start_times) found->second.start_times.add(start);
  found->second.capacity = past.capacity;
  begin_release(found->second.capacity, found->second.release);
}

std::optional<Pause> pause_of(const PauseSet& order, Instant now) {
  if (!order.paused) return std::nullopt;
  Pause pause{.direction = order.direction, .until = {}};
  if (order.expires_after > Duration::zero()) pause.until = now + order.expires_after;
  return pause;
}

std::string text_of_pause(const ServiceRecord& service) {
  const std::string who = "service " + service.id.text;
  if (!service.paused) return who + " is no longer paused";
  return who + (service.paused->direction == PauseDirection::kDown
                    ? " is paused downwards: no rule removes workers"
                    : " is paused: no rule changes its number of workers");
}

}  // namespace

void apply(Turn& turn, const Started& event) {
  turn.state = State{};
  turn.state.started = true;
  turn.state.started_at = turn.state.last_event_at = turn.now;
  turn.state.tag = event.tag;
  turn.state.epoch = event.epoch + 1;
  turn.persists.push_back(PersistEpoch{turn.state.epoch});
  take_cluster(turn, event.cluster);
  for (const PersistedNode& node : event.nodes) take_persisted(turn, node);
  for (const Decision& decision : event.decided) take_decided(turn.state, decision);
  for (const auto& [id, past] : event.pasts) take_past(turn.state, id, past);
  for (const BalancerId& balancer : event.balancers) balancer_named(turn, balancer);
  for (const PauseSet& order : event.paused) {
    const auto it = turn.state.services.find(order.service);
    if (it != turn.state.services.end()) it->second.paused = pause_of(order, turn.now);
  }
  for (const NodeId& id : event.draining) stored_node(turn, id).draining = true;
  turn.everything = true;
}

void apply(Turn& turn, const ClusterChanged& event) {
  take_cluster(turn, event.cluster);
}

void apply(Turn& turn, const ScaleSet& event) {
  const auto service = turn.state.services.find(event.service);
  if (service == turn.state.services.end() || !service->second.settings) return;
  turn.services.insert(event.service);
  if (!event.count) {
    service->second.manual.reset();
    return;
  }
  service->second.manual = ManualCount{.count = *event.count, .until = {}};
  if (event.expires_after > Duration::zero()) {
    service->second.manual->until = turn.now + event.expires_after;
  }
}

void apply(Turn& turn, const PauseSet& event) {
  const auto found = turn.state.services.find(event.service);
  if (found == turn.state.services.end()) return;
  ServiceRecord& service = found->second;
  if (!event.paused && !service.paused) return;
  const auto before = std::exchange(service.paused, pause_of(event, turn.now));
  turn.services.insert(event.service);
  // The same again for another time is no news.
  if (before && service.paused && before->direction == service.paused->direction) return;
  tell(turn, {.kind = "pause", .service = event.service, .text = text_of_pause(service)});
}

void apply(Turn& turn, const DrainSet& event) {
  const auto node = turn.state.nodes.find(event.node);
  if (node == turn.state.nodes.end() || node->second.draining == event.draining) return;
  node->second.draining = event.draining;
  for (const auto& [id, service] : turn.state.services) turn.services.insert(id);
  tell(turn, {.kind = "node",
              .node = event.node,
              .text = "node " + event.node.text +
                      (event.draining ? " is drained: its workers are replaced on other nodes"
                                      : " takes workers again")});
}

void apply(Turn& turn, const ForecastAsked& event) {
  const auto service = turn.state.services.find(event.service);
  if (service == turn.state.services.end()) return;
  ask_ahead(turn, service->second, event.ahead);
  turn.services.insert(event.service);
}

void forget_services(Turn& turn) {
  std::erase_if(turn.state.services, [&](const auto& entry) {
    const ServiceRecord& service = entry.second;
    if (service.settings || !service.workers.empty() || turn.is_young()) return false;
    for (const auto& [id, balancer] : turn.state.balancers) {
      if (!balancer.is_live(turn.now)) continue;
      const auto held = balancer.tables.find(service.id);
      if (held == balancer.tables.end() || held->second.applied < service.table.stamp) return false;
    }
    if (service.table.stamp.epoch != turn.state.epoch) return false;
    for (auto& [id, balancer] : turn.state.balancers) balancer.tables.erase(service.id);
    return true;
  });
}

}  // namespace foretide::coordinator
