#include "coordinator/core/fleet.hpp"

#include <utility>

#include "coordinator/core/sessions.hpp"
#include "coordinator/core/traffic.hpp"

namespace foretide::coordinator {
namespace {

bool still_speaks(const NodeRecord& node, Instant now) {
  return !node.session.empty() && !node.removed && now - node.heard_at < kPredecessorSilentAfter;
}

void welcome(Turn& turn, NodeRecord& node, const std::string& session) {
  node.told_epoch = turn.state.epoch;
  node.welcomed_at = turn.now;
  const wire::Welcome welcome{.name = node.id.text, .epoch = turn.state.epoch};
  turn.sends.emplace_back(SendWelcomeNode{node.id, welcome, session});
}

void welcome(Turn& turn, BalancerRecord& balancer, const std::string& session) {
  balancer.told_epoch = turn.state.epoch;
  balancer.welcomed_at = turn.now;
  const wire::Welcome welcome{.name = balancer.id.text, .epoch = turn.state.epoch};
  turn.sends.emplace_back(SendWelcomeBalancer{balancer.id, welcome, session});
}

// For a message of a session that never said Hello here, or whose Hello was lost.
void ask_for_hello(Turn& turn, NodeRecord& node, const std::string& session) {
  node.told_epoch = turn.state.epoch;
  const wire::Welcome ask{.name = node.id.text, .epoch = turn.state.epoch, .introduce = true};
  turn.sends.emplace_back(SendWelcomeNode{node.id, ask, session});
}

void ask_for_hello(Turn& turn, BalancerRecord& balancer, const std::string& session) {
  balancer.told_epoch = turn.state.epoch;
  const wire::Welcome ask{.name = balancer.id.text, .epoch = turn.state.epoch, .introduce = true};
  turn.sends.emplace_back(SendWelcomeBalancer{balancer.id, ask, session});
}

// An epoch that the peer has and that is not from us is another coordinator's life.
void respect_epoch(Turn& turn, std::uint64_t seen, std::uint64_t told) {
  if (seen > turn.state.epoch || (seen == turn.state.epoch && told != seen)) {
    raise_epoch_past(turn, seen);
  }
}

void refuse(Turn& turn, NodeRecord& node, const std::string& rival) {
  if (node.rival_session != rival) {
    node.rival_session = rival;
    node.rival_since = turn.now;
  }
  const bool final = turn.now - node.rival_since >= kRivalRefusedAfter;
  if (final) {
    tell(turn, {.kind = "identity",
                .node = node.id,
                .text = "a second agent uses the key of node " + node.id.text +
                        " while the first is connected; it was refused"});
  }
  turn.sends.push_back(
      RefuseNode{node.id,
                 rival,
                 {.reason = "another agent with the key of node " + node.id.text +
                            " is connected; give every host a key of its own (foretide join)",
                  .final = final}});
}

// Another host has the name of one whose key was revoked: what ran there is nothing to this one.
void begin_anew(Turn& turn, NodeRecord& node) {
  node.removed = false;
  node.set = {};
  node.sample.reset();
  for (const WorkerId& id : node.workers) {
    WorkerRecord& worker = *turn.state.find_worker(id);
    worker.stage = WorkerStage::kGone;
    turn.services.insert(worker.service);
  }
}

// A balancer that is restarted, or replaced by an upgraded one, takes over once and then stays. Two
// with one key take over from one another every few seconds, and each gets half of the tables and
// acknowledgements of the other.
void watch_for_twin(Turn& turn, BalancerRecord& balancer) {
  constexpr std::uint32_t kTooMany = 5;
  constexpr Duration kStayed = std::chrono::minutes(1);
  const bool spoke = !balancer.session.empty() && balancer.greeted &&
                     turn.now - balancer.heard_at < kPredecessorSilentAfter &&
                     turn.now - balancer.session_began < kStayed;
  balancer.takeovers = spoke ? balancer.takeovers + 1 : 0;
  if (balancer.takeovers % 60 != kTooMany) return;
  tell(turn, {.kind = "identity",
              .text = "two balancers use the key of " + balancer.id.text +
                      ": give every host a key of its own (foretide join)"});
}

void take_facts(NodeRecord& node, const NodeHello& event) {
  node.version = event.hello.version;
  node.boot_id = event.hello.boot_id;
  node.address = event.hello.address.empty() ? event.peer_address : event.hello.address;
  node.cpus = event.hello.cpus;
  node.memory_bytes = event.hello.memory_bytes;
}

}  // namespace

void apply(Turn& turn, const NodeHello& event) {
  NodeRecord& node = turn.state.nodes[event.node];
  node.id = event.node;
  if (node.session != event.session && still_speaks(node, turn.now)) {
    refuse(turn, node, event.session);
    return;
  }
  respect_epoch(turn, event.hello.highest_epoch, node.told_epoch);
  if (node.session != event.session) {
    node.session = event.session;
    // What could not be started may have been put there, or is found from where it now stands.
    for (auto& [id, service] : turn.state.services) service.refusals.erase(node.id);
    node.merged = false;
    node.applied = {};
    node.set_sent_at = {};
  }
  if (node.rival_session == event.session) node.rival_session.clear();
  if (node.removed) begin_anew(turn, node);
  node.heard_at = turn.now;
  take_facts(node, event);
  welcome(turn, node, event.session);
  turn.nodes.insert(node.id);
}

void apply(Turn& turn, const BalancerHello& event) {
  BalancerRecord& balancer = balancer_named(turn, event.balancer);
  respect_epoch(turn, event.hello.highest_epoch, balancer.told_epoch);
  if (balancer.session != event.session) {
    watch_for_twin(turn, balancer);
    balancer.session = event.session;
    balancer.session_began = turn.now;
    forget_levels(turn.state, balancer.id);
    balancer.tables.clear();
    balancer.match = {};
    balancer.disabused.clear();
  }
  balancer.greeted = true;
  balancer.heard_at = turn.now;
  balancer.version = event.hello.version;
  balancer.address = event.hello.address;
  balancer.traffic = event.hello.traffic;
  welcome(turn, balancer, event.session);
  turn.balancers.insert(balancer.id);
}

BalancerRecord& balancer_named(Turn& turn, const BalancerId& id) {
  const auto [entry, is_new] = turn.state.balancers.try_emplace(id);
  if (is_new) {
    entry->second.id = id;
    entry->second.heard_at = entry->second.session_began = turn.now;
  }
  return entry->second;
}

bool is_session(Turn& turn, NodeRecord& node, const std::string& session) {
  if (node.session == session && !session.empty()) return true;
  if (!still_speaks(node, turn.now)) ask_for_hello(turn, node, session);
  return false;
}

bool is_session(Turn& turn, BalancerRecord& balancer, const std::string& session) {
  if (balancer.session == session && balancer.greeted) return true;
  ask_for_hello(turn, balancer, session);
  return false;
}

void apply(Turn& turn, const TableAcked& event) {
  BalancerRecord& balancer = balancer_named(turn, event.balancer);
  if (!is_session(turn, balancer, event.session)) return;
  balancer.heard_at = turn.now;
  const wire::TableAck& ack = event.ack;
  const auto service =
      ack.service ? turn.state.services.find(*ack.service) : turn.state.services.end();
  if (ack.service && service == turn.state.services.end()) return;
  const Stamp issued = ack.service ? service->second.table.stamp : turn.state.match.stamp;
  TableHeld& held = ack.service ? balancer.tables[*ack.service] : balancer.match;
  if (ack.applied > issued) raise_epoch_past(turn, ack.applied.epoch);
  // Acknowledgements may overtake one another; what was held once is held.
  if (ack.applied >= held.applied) {
    held.applied = ack.applied;
    held.acked_at = turn.now;
  }
  if (ack.accepted) {
    balancer.refused.clear();
  } else if (balancer.refused != ack.reason) {
    balancer.refused = ack.reason;
    tell(turn, {.kind = "balancer",
                .service = ack.service.value_or(ServiceId{}),
                .text = "balancer " + balancer.id.text + " refused a table: " + ack.reason});
  }
  if (ack.service) turn.services.insert(*ack.service);
  turn.balancers.insert(balancer.id);
}

void greet(Turn& turn) {
  constexpr Duration kHeartbeat = std::chrono::seconds(2);
  for (auto& [id, node] : turn.state.nodes) {
    if (node.session.empty() || node.is_lost(turn.now)) continue;
    if (turn.now - node.welcomed_at >= kHeartbeat) welcome(turn, node, node.session);
  }
  for (auto& [id, balancer] : turn.state.balancers) {
    if (!balancer.greeted || !balancer.is_live(turn.now)) continue;
    if (turn.now - balancer.welcomed_at >= kHeartbeat) welcome(turn, balancer, balancer.session);
  }
}

}  // namespace foretide::coordinator
