#include "tests/simulation/sim_coordinator.hpp"

#include <algorithm>

#include "tests/simulation/order_text.hpp"

namespace foretide::simulation {
namespace {

using namespace foretide::coordinator;
constexpr Duration kTick = std::chrono::milliseconds(250);

}  // namespace

SimCoordinator::SimCoordinator(Ground& ground, Safety& safety, FleetWatch& watch,
                               ClusterSettings cluster, Duration clock_offset)
    : ground_(ground),
      safety_(safety),
      watch_(watch),
      program_(ground.queue, "coordinator", clock_offset),
      cluster_(std::move(cluster)) {
  self_ = ground_.network.join(program_, [this](const Arrived& arrived) { receive(arrived); });
  watch_.set_silence([this](const ServiceId& service) { return silence(service); });
  watch_.numbers().set_silence([this](const ServiceId& service) { return silence(service); });
  watch_.numbers().set_quiet([this](const ServiceId& service) { return quiet(service); });
}

void SimCoordinator::add_node(Peer peer, NodeId id, std::string address) {
  nodes_[peer] = {std::move(id), std::move(address)};
}

void SimCoordinator::add_balancer(SimBalancer& balancer, BalancerId id) {
  balancers_[balancer.peer()] = {std::move(id), &balancer};
}

void SimCoordinator::start() {
  program_.start();
  ground_.history.note("coordinator", [&] {
    return "starts with epoch " + std::to_string(epoch_) + " and " + std::to_string(sets_.size()) +
           " sets stored";
  });
  state_.emplace();
  watch_.coordinator_begins();
  Started started{.epoch = epoch_, .balancers = {enrolled_.begin(), enrolled_.end()}};
  started.cluster = cluster_;
  if (epoch_ == 0) started.tag = tag_of_next_store();
  for (const auto& [service, decision] : decided_) started.decided.push_back(decision);
  for (const auto& [service, order] : paused_) started.paused.push_back(order);
  started.draining = {draining_.begin(), draining_.end()};
  for (const auto& [node, set] : sets_) started.nodes.push_back({node, set});
  if (remembers_) {
    history_.life_begins();
    started.pasts = history_.pasts(wall());
  }
  feed(std::move(started));
  if (!program_.is_up()) return;
  program_.every(kTick, [this] { feed(Tick{}); });
  program_.every(std::chrono::seconds(1), [this] { look(); });
}

void SimCoordinator::crash() {
  ground_.history.note("coordinator", [] { return std::string("ends"); });
  program_.crash();
  state_.reset();
  connections_.clear();
  newest_.clear();
  dies_after_.reset();
}

void SimCoordinator::lose_store() {
  ground_.history.note("coordinator", [] { return std::string("its store is lost"); });
  epoch_ = 0;
  sets_.clear();
  enrolled_.clear();
  decided_.clear();
  paused_.clear();
  draining_.clear();
  traffic_heard_.clear();
  history_.lose();
  for (const auto& [peer, known] : balancers_) known.second->is_a_stranger();
}

void SimCoordinator::reload(ClusterSettings cluster) {
  cluster_ = std::move(cluster);
  if (program_.is_up()) program_.soon([this] { feed(ClusterChanged{cluster_}); });
}

void SimCoordinator::order(const PauseSet& order) {
  if (!state_ || program_.is_frozen()) return;
  ground_.history.note("faults", [&] {
    return (order.paused ? "pause of " : "end of a pause of ") + order.service.text;
  });
  paused_.erase(order.service);
  if (order.paused) paused_[order.service] = order;
  feed(order);
}

void SimCoordinator::order(const DrainSet& order) {
  if (!state_ || program_.is_frozen()) return;
  ground_.history.note("faults", [&] {
    return (order.draining ? "drain of " : "end of a drain of ") + order.node.text;
  });
  draining_.erase(order.node);
  if (order.draining) draining_.insert(order.node);
  feed(order);
}

// ---- what comes in ----

void SimCoordinator::receive(const Arrived& arrived) {
  const wire::Message& message = arrived.message;
  connections_[message.envelope.session] = {arrived.from, arrived.sender_life};
  if (const auto node = nodes_.find(arrived.from); node != nodes_.end()) {
    from_node(node->second, message);
  } else if (const auto found = balancers_.find(arrived.from); found != balancers_.end()) {
    from_balancer(*found->second.second, found->second.first, message);
  }
}

bool SimCoordinator::is_newest(const wire::Message& message) {
  std::uint64_t& newest = newest_[{message.envelope.session, message.body.index()}];
  if (message.envelope.sequence <= newest) return false;
  newest = message.envelope.sequence;
  return true;
}

void SimCoordinator::from_node(const NodePeer& node, const wire::Message& message) {
  const std::string& session = message.envelope.session;
  if (const auto* hello = std::get_if<wire::Hello>(&message.body)) {
    feed(NodeHello{node.id, session, *hello, node.address});
  } else if (const auto* report = std::get_if<wire::NodeReport>(&message.body)) {
    if (is_newest(message)) feed(NodeReported{node.id, session, *report});
  } else if (const auto* sample = std::get_if<wire::NodeSample>(&message.body)) {
    if (is_newest(message)) feed(NodeSampled{node.id, *sample});
  }
}

void SimCoordinator::from_balancer(SimBalancer& balancer, const BalancerId& id,
                                   const wire::Message& message) {
  const std::string& session = message.envelope.session;
  balancer.was_heard();
  if (const auto* hello = std::get_if<wire::Hello>(&message.body)) {
    enrolled_.insert(id);
    feed(BalancerHello{id, session, *hello});
  } else if (const auto* ack = std::get_if<wire::TableAck>(&message.body)) {
    feed(TableAcked{id, session, *ack});
  } else if (const auto* report = std::get_if<wire::TrafficReport>(&message.body)) {
    if (!is_newest(message)) return;
    for (const wire::ServiceTraffic& counts : report->services) {
      traffic_heard_[{id, counts.service}] = {ground_.queue.now(), counts.completed_total > 0};
    }
    feed(TrafficReported{id, session, *report});
  }
}

// Of the balancers whose requests this service has answered, as far as this coordinator has heard.
Duration SimCoordinator::silence(const ServiceId& service) const {
  Duration longest{};
  for (const auto& [peer, known] : balancers_) {
    const auto heard = traffic_heard_.find({known.first, service});
    if (!known.second->program().is_up() || heard == traffic_heard_.end()) continue;
    if (heard->second.answered) longest = std::max(longest, ground_.queue.now() - heard->second.at);
  }
  return longest;
}

// How long it is that any balancer was heard of it.
Duration SimCoordinator::quiet(const ServiceId& service) const {
  std::optional<Instant> last;
  for (const auto& [of, heard] : traffic_heard_) {
    if (of.second == service) last = std::max(last.value_or(heard.at), heard.at);
  }
  return last ? ground_.queue.now() - *last : Duration{};
}

// ---- what goes out ----

WallTime SimCoordinator::wall() const {
  return WallTime{std::chrono::duration_cast<std::chrono::milliseconds>(ground_.queue.elapsed()) +
                  std::chrono::hours(24 * 365 * 50)};
}

void SimCoordinator::feed(decltype(Event::what) what) {
  carry_out(step(*state_, {.now = program_.now(), .wall = wall(), .what = std::move(what)}));
}

void SimCoordinator::carry_out(const std::vector<Action>& actions) {
  watch_.saw(*state_, actions, program_.now());
  for (const Action& action : actions) {
    if (dies_after_ && (*dies_after_)-- == 0) {
      crash();
      return;
    }
    std::visit([this](const auto& one) { act(one); }, action);
  }
}

void SimCoordinator::act(const PersistEpoch& action) {
  epoch_ = action.epoch;
  ground_.history.note("coordinator", [&] { return "is in epoch " + std::to_string(epoch_); });
}

void SimCoordinator::act(const PersistSet& action) {
  sets_[action.node] = action.set;
}

void SimCoordinator::act(const RecordDecision& action) {
  decided_[action.decision.service] = action.decision;
}

std::string SimCoordinator::tag_of_next_store() {
  return std::string(1, static_cast<char>('a' + stores_++ % 26));
}

void SimCoordinator::act(const SendWelcomeNode& action) {
  check_durable(action.welcome.epoch, "a welcome");
  send(action.session, action.welcome);
}

void SimCoordinator::act(const SendWelcomeBalancer& action) {
  check_durable(action.welcome.epoch, "a welcome");
  send(action.session, action.welcome);
}

void SimCoordinator::act(const RefuseNode& action) {
  send(action.session, action.refusal);
}

void SimCoordinator::act(const SendSet& action) {
  check_durable(action.set.stamp.epoch, "a set");
  const wire::DesiredSet& stored = sets_[action.node];
  if (stored.stamp < action.set.stamp ||
      (stored.stamp == action.set.stamp && stored != action.set)) {
    ground_.verdict.broken("durable-first", "set " + text_of(action.set.stamp) + " is sent to " +
                                                action.node.text + " before it is persisted");
  }
  ground_.history.note("coordinator",
                       [&] { return "to " + action.node.text + " " + text_of(action.set); });
  safety_.sent(action.set);
  send(action.session, action.set);
}

void SimCoordinator::act(const SendServiceTable& action) {
  check_durable(action.table.stamp.epoch, "a table");
  ground_.history.note("coordinator",
                       [&] { return "to " + action.balancer.text + " " + text_of(action.table); });
  safety_.sent(action.table);
  send(action.session, action.table);
}

void SimCoordinator::act(const SendMatchTable& action) {
  check_durable(action.table.stamp.epoch, "a match table");
  send(action.session, action.table);
}

void SimCoordinator::act(const Notice& action) {
  ground_.history.note("coordinator",
                       [&] { return "notice (" + action.kind + "): " + action.text; });
}

void SimCoordinator::send(const std::string& session, wire::Body body) {
  const auto connection = connections_.find(session);
  if (connection == connections_.end()) return;
  ground_.network.send(
      self_, connection->second.first, connection->second.second, Lane::kControl,
      {{.epoch = state_->epoch, .revision = state_->revision, .session = "c"}, std::move(body)});
}

void SimCoordinator::check_durable(std::uint64_t epoch, const char* what) {
  if (epoch <= epoch_) return;
  ground_.verdict.broken("durable-first", std::string(what) + " of epoch " + std::to_string(epoch) +
                                              " is sent before that epoch is persisted");
}

void SimCoordinator::look() {
  watch_.look(*state_, program_.now());
  if (remembers_) history_.keep(*state_, program_.now(), wall());
  for (const auto& [peer, known] : balancers_) {
    const auto has_newest = [&](const auto& service) {
      const SimService* held = known.second->service(service.first);
      return service.second.table.stamp != Stamp{} && held != nullptr &&
             held->applied() == service.second.table.stamp &&
             held->endpoints().endpoints().size() == service.second.table.endpoints.size();
    };
    if (!known.second->program().is_up()) continue;
    if (std::all_of(state_->services.begin(), state_->services.end(), has_newest)) {
      known.second->has_caught_up();
    }
  }
}

}  // namespace foretide::simulation
