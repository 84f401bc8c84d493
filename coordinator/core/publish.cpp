#include "coordinator/core/publish.hpp"

#include <utility>

#include "coordinator/core/routes.hpp"

namespace foretide::coordinator {
namespace {

constexpr Duration kResendAfter = std::chrono::seconds(1);

bool is_current(const Turn& turn, Stamp stamp) {
  return stamp.epoch == turn.state.epoch;
}

bool is_due(const Turn& turn, const TableHeld& held, Stamp stamp) {
  if (stamp.epoch == 0 || held.applied >= stamp) return false;
  return held.sent != stamp || turn.now - held.sent_at >= kResendAfter;
}

void mark_stops(State& state, const NodeRecord& node) {
  for (const WorkerId& id : node.workers) {
    WorkerRecord& worker = *state.find_worker(id);
    const bool ordered =
        worker.stage == WorkerStage::kStopping || worker.stage == WorkerStage::kGone;
    if (ordered && worker.stop_stamp.epoch == 0) worker.stop_stamp = node.set.stamp;
  }
}

// From now on balancers may know these workers, and this is the table that said what it says of
// them. A drain begins when a table says it, which is later when nothing was known of where the
// worker is.
void mark_routes(ServiceRecord& service, Instant now) {
  const Stamp stamp = service.table.stamp;
  for (const wire::Endpoint& endpoint : service.table.endpoints) {
    const auto found = service.workers.find(endpoint.id);
    if (found == service.workers.end()) continue;
    WorkerRecord& worker = found->second;
    worker.routed = true;
    if (worker.stage == WorkerStage::kDraining && worker.drain_stamp.epoch == 0) {
      worker.drain_stamp = stamp;
      worker.drain_began = now;
    }
  }
  for (auto& [id, worker] : service.workers) {
    if (worker.stage == WorkerStage::kGone && worker.gone_stamp.epoch == 0) {
      worker.gone_stamp = stamp;
    }
  }
  for (Farewell& farewell : service.farewells) {
    if (farewell.gone_stamp.epoch == 0) farewell.gone_stamp = stamp;
  }
}

}  // namespace

wire::DesiredSet set_for(const State& state, const NodeRecord& node) {
  wire::DesiredSet set;
  for (const WorkerId& id : node.workers) {
    const WorkerRecord& worker = *state.find_worker(id);
    const bool stops = worker.stage == WorkerStage::kStopping || worker.stage == WorkerStage::kGone;
    set.workers.push_back({.id = id,
                           .service = worker.service,
                           .release = worker.release,
                           .order = stops ? wire::WorkerOrder::kStop : wire::WorkerOrder::kRun,
                           .wait_for_quiet = worker.wait_for_quiet});
    const ServiceRecord& service = state.services.at(worker.service);
    const auto spec = service.specs.find(worker.release);
    if (spec != service.specs.end()) set.specs[worker.release] = spec->second;
  }
  return set;
}

void publish_set(Turn& turn, NodeRecord& node) {
  if (!node.merged || node.removed) return;
  wire::DesiredSet set = set_for(turn.state, node);
  set.stamp = node.set.stamp;
  if (set != node.set || !is_current(turn, set.stamp)) {
    set.stamp = next_stamp(turn.state);
    node.set = std::move(set);
    mark_stops(turn.state, node);
    turn.persists.push_back(PersistSet{node.id, node.set});
    node.set_sent_at = {};
  }
  send_set(turn, node);
}

void send_set(Turn& turn, NodeRecord& node) {
  if (!node.merged || node.removed || !is_current(turn, node.set.stamp)) return;
  if (node.applied >= node.set.stamp || node.is_lost(turn.now)) return;
  const bool sent_before = node.set_sent_at != Instant{};
  if (sent_before && turn.now - node.set_sent_at < kResendAfter) return;
  node.set_sent_at = turn.now;
  turn.sends.push_back(SendSet{node.id, node.set, node.session});
}

void publish_table(Turn& turn, ServiceRecord& service) {
  wire::ServiceTable table{.stamp = service.table.stamp, .service = service.id};
  table.endpoints = routes_for(service);
  table.policy = service.settings ? service.settings->traffic : service.table.policy;
  table.removed = !service.settings;
  if (table != service.table || !is_current(turn, table.stamp)) {
    table.stamp = next_stamp(turn.state);
    service.table = std::move(table);
    for (auto& [id, balancer] : turn.state.balancers) turn.balancers.insert(id);
  }
  mark_routes(service, turn.now);
}

void publish_match(Turn& turn) {
  wire::MatchTable table{.stamp = turn.state.match.stamp,
                         .matches = matches_for(turn.state.settings)};
  if (table == turn.state.match && is_current(turn, table.stamp)) return;
  table.stamp = next_stamp(turn.state);
  turn.state.match = std::move(table);
  for (auto& [id, balancer] : turn.state.balancers) turn.balancers.insert(id);
}

void send_tables(Turn& turn, BalancerRecord& balancer) {
  if (!balancer.greeted || !balancer.is_live(turn.now)) return;
  // Tables go before the match table, so that a match never names a service that is not known yet.
  for (auto& [id, service] : turn.state.services) {
    TableHeld& held = balancer.tables[id];
    if (!is_due(turn, held, service.table.stamp)) continue;
    held.sent = service.table.stamp;
    held.sent_at = turn.now;
    turn.sends.push_back(SendServiceTable{balancer.id, service.table, balancer.session});
  }
  if (!is_due(turn, balancer.match, turn.state.match.stamp)) return;
  balancer.match.sent = turn.state.match.stamp;
  balancer.match.sent_at = turn.now;
  turn.sends.push_back(SendMatchTable{balancer.id, turn.state.match, balancer.session});
}

}  // namespace foretide::coordinator
