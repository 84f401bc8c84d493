#include "coordinator/core/step.hpp"

#include "coordinator/core/cluster.hpp"
#include "coordinator/core/decide.hpp"
#include "coordinator/core/fleet.hpp"
#include "coordinator/core/plan.hpp"
#include "coordinator/core/publish.hpp"
#include "coordinator/core/retirement.hpp"
#include "coordinator/core/sessions.hpp"
#include "coordinator/core/traffic.hpp"
#include "coordinator/core/turn.hpp"

namespace foretide::coordinator {
namespace {

void apply(Turn& turn, const Tick&) {
  watch_silence(turn);
  greet(turn);
  forget_services(turn);
  turn.everything = true;
}

void touch_everything(Turn& turn) {
  if (!turn.everything) return;
  for (const auto& [id, service] : turn.state.services) turn.services.insert(id);
  for (const auto& [id, node] : turn.state.nodes) turn.nodes.insert(id);
  for (const auto& [id, balancer] : turn.state.balancers) turn.balancers.insert(id);
}

void settle_services(Turn& turn) {
  for (const ServiceId& id : turn.services) {
    ServiceRecord& service = turn.state.services.at(id);
    decide(turn, service);
    plan(turn, service);
    retire(turn, service);
    publish_table(turn, service);
  }
}

void publish(Turn& turn) {
  publish_match(turn);
  for (const NodeId& id : turn.nodes) {
    const auto node = turn.state.nodes.find(id);
    if (node != turn.state.nodes.end()) publish_set(turn, node->second);
  }
  for (const BalancerId& id : turn.balancers) send_tables(turn, turn.state.balancers.at(id));
}

}  // namespace

std::vector<Action> step(State& state, const Event& event) {
  Turn turn{.state = state, .now = event.now, .wall = event.wall};
  const std::uint64_t revision_before = state.revision;
  if (!state.started && !std::holds_alternative<Started>(event.what)) return {};
  std::visit([&turn](const auto& what) { apply(turn, what); }, event.what);
  touch_everything(turn);
  settle_services(turn);
  publish(turn);
  return answer_of(std::move(turn), revision_before);
}

}  // namespace foretide::coordinator
