#include "coordinator/core/step.hpp"

#include "coordinator/core/cluster.hpp"
#include "coordinator/core/decide.hpp"
#include "coordinator/core/fleet.hpp"
#include "coordinator/core/plan.hpp"
#include "coordinator/core/prediction_round.hpp"
#include "coordinator/core/publish.hpp"
#include "coordinator/core/queue_signal.hpp"
#include "coordinator/core/retirement.hpp"
#include "coordinator/core/sessions.hpp"
#include "coordinator/core/traffic.hpp"
#include "coordinator/core/turn.hpp"

namespace foretide::coordinator {
namespace {

void apply(Turn& turn, const Tick&) {
  watch_silence(turn);
  watch_balancers(turn);
  greet(turn);
  forget_services(turn);
  for (const auto& [id, balancer] : turn.state.balancers) turn.balancers.insert(id);
  turn.look_at_all = true;
}

// Ticks come every 100 ms. After a gap like this it was we who stood still (a slow disk, a stopped
// process, a paused machine), and what the others said meanwhile is still to be read: their silence
// does not count it.
void forgive_our_own_silence(State& state, Instant now) {
  constexpr Duration kGap = std::chrono::seconds(2);
  const Duration gap = now - state.last_event_at;
  state.last_event_at = now;
  if (gap < kGap) return;
  for (auto& [id, node] : state.nodes) {
    node.heard_at += gap;
    node.rival_since += gap;
  }
  for (auto& [id, balancer] : state.balancers) balancer.heard_at += gap;
}

void touch_everything(Turn& turn) {
  if (!turn.everything) return;
  for (const auto& [id, service] : turn.state.services) turn.services.insert(id);
  for (const auto& [id, node] : turn.state.nodes) turn.nodes.insert(id);
  for (const auto& [id, balancer] : turn.state.balancers) turn.balancers.insert(id);
}

void settle_service(Turn& turn, ServiceRecord& service) {
  const Census census = census_of(turn, service);
  decide(turn, service, census);
  const bool leaving = census.leaving > 0 || !service.farewells.empty();
  plan(turn, service, census);
  if (leaving || turn.services.contains(service.id)) retire(turn, service);
  if (turn.services.contains(service.id)) publish_table(turn, service);
}

std::vector<ServiceRecord*> services_to_settle(Turn& turn) {
  std::vector<ServiceRecord*> services;
  if (turn.look_at_all) {
    for (auto& [id, service] : turn.state.services) services.push_back(&service);
  } else {
    for (const ServiceId& id : turn.services) services.push_back(&turn.state.services.at(id));
  }
  return services;
}

void settle_services(Turn& turn) {
  for (const auto& [id, node] : turn.state.nodes) {
    if (node.is_lost(turn.now)) turn.lost.insert(id);
  }
  const std::vector<ServiceRecord*> services = services_to_settle(turn);
  move_predictions(turn, services);
  for (ServiceRecord* service : services) settle_service(turn, *service);
}

void publish(Turn& turn) {
  if (turn.everything) publish_match(turn);
  for (const NodeId& id : turn.nodes) {
    const auto node = turn.state.nodes.find(id);
    if (node != turn.state.nodes.end()) publish_set(turn, node->second);
  }
  // A set changes by events only, and each second's report looks at it anyway; what is left is to
  // repeat.
  if (turn.look_at_all) {
    for (auto& [id, node] : turn.state.nodes) send_set(turn, node);
  }
  for (const BalancerId& id : turn.balancers) send_tables(turn, turn.state.balancers.at(id));
}

}  // namespace

std::vector<Action> step(State& state, const Event& event) {
  Turn turn{.state = state, .now = event.now, .wall = event.wall};
  const std::uint64_t revision_before = state.revision;
  if (!state.started && !std::holds_alternative<Started>(event.what)) return {};
  if (state.started) forgive_our_own_silence(state, event.now);
  std::visit([&turn](const auto& what) { apply(turn, what); }, event.what);
  touch_everything(turn);
  settle_services(turn);
  publish(turn);
  return answer_of(std::move(turn), revision_before);
}

}  // namespace foretide::coordinator
