#include "tests/simulation/sim_service.hpp"

#include <algorithm>
#include <utility>

namespace foretide::simulation {

using balancer::Finish;

double ServiceTimes::draw(Random& random, Duration at) const {
  constexpr double kLongest = 5.0, kEvenSpread = 0.2;
  if (!even) return std::min(random.exponential(mean), kLongest * mean);
  if (at >= even_from) return mean;
  return mean * random.between(1.0 - kEvenSpread, 1.0 + kEvenSpread);
}

balancer::Applied SimService::apply(const wire::ServiceTable& table, Stamp broken_stamp) {
  wire::ServiceTable given = table;
  given.stamp = broken_stamp;
  const balancer::Applied applied = set_.apply(given);
  if (!applied.accepted) return applied;
  applied_ = table.stamp;
  for (const wire::Endpoint& endpoint : table.endpoints) {
    newest_[endpoint.id] = endpoint.state;
    if (endpoint.state == wire::EndpointState::kActive) closed_.erase(endpoint.id);  // called off
  }
  release();
  return applied;
}

void SimService::acknowledged() {
  closed_.clear();
  for (const auto& [id, state] : newest_) {
    if (state != wire::EndpointState::kActive) closed_.insert(id);
  }
}

void SimService::acknowledged_early(const wire::ServiceTable& table) {
  promised_ = std::max(promised_, table.stamp);
  for (const wire::Endpoint& endpoint : table.endpoints) {
    if (endpoint.state != wire::EndpointState::kActive) closed_.insert(endpoint.id);
  }
}

void SimService::arrive() {
  ++traffic_.arrivals_total;
  around_.ground.demand.came(id_, around_.ground.queue.now());
  const Request request{.arrived = around_.program.now()};
  if (set_.removed()) {
    ++traffic_.refused_total;
  } else if (!queue_.empty() || !dispatch(request)) {
    hold(request);
  }
}

// Chooses until an endpoint takes it; false when none does now.
bool SimService::dispatch(Request request) {
  const Instant now = around_.program.now();
  const balancer::Asked asked{
      .waiting = static_cast<std::uint32_t>(std::max<std::size_t>(queue_.size(), 1)),
      .in_flight = set_.in_flight(),
      .waited = now - queue_.oldest_since().value_or(now)};
  while (balancer::Endpoint* endpoint = picker_.pick(set_, asked, now)) {
    if (!set_.begin(*endpoint, now)) return false;
    const Process* process = around_.connections.listener(endpoint->address);
    if (process == nullptr) {
      set_.refused(*endpoint, now, balancer::NoConnection::kRefused);
      set_.finish(*endpoint, Finish::kReturned, now, now);
      continue;
    }
    set_.connected(*endpoint);
    around_.safety.routed(around_.program.name(), around_.is_waited_for(), endpoint->id,
                          closed_.contains(endpoint->id), *process);
    const std::uint64_t number = around_.number();
    request.endpoint = endpoint->id;
    request.address = endpoint->address;
    request.began = now;
    in_flight_[number] = request;
    traffic_.busy.start(now);
    around_.connections.open(request.address, {around_.balancer, number});
    const double seconds = times_.draw(random_, around_.ground.queue.elapsed());
    around_.program.after(Random::seconds(seconds), [this, number] {
      if (!in_flight_.contains(number)) return;
      around_.connections.close(in_flight_.at(number).address, {around_.balancer, number});
      finish(number, Finish::kCompleted);
    });
    return true;
  }
  return false;
}

void SimService::hold(Request request) {
  const Instant now = around_.program.now();
  const bool begins = queue_.empty();
  request.ticket = queue_.enter(set_.policy().queue_max,
                                {.since = now, .deadline = now + set_.policy().queue_wait});
  if (!request.ticket) {
    ++traffic_.refused_total;
    return;
  }
  ++traffic_.held_total;
  traffic_.held.start(now);
  held_[*request.ticket] = request;
  look_again_soon();
  if (begins) around_.hold_began();
}

void SimService::release() {
  const Instant now = around_.program.now();
  const auto let_go = [&](balancer::HoldQueue::Ticket ticket) {
    traffic_.held.end(now);
    return std::move(held_.extract(ticket).mapped());
  };
  for (const auto ticket : set_.removed() ? queue_.take_all() : queue_.take_expired(now)) {
    let_go(ticket);
    ++traffic_.refused_total;
    ++traffic_.refused_held_total;
  }
  while (const auto ticket = queue_.first()) {
    if (!dispatch(held_.at(*ticket))) break;
    queue_.leave(*ticket);
    let_go(*ticket);
  }
  look_again_soon();
}

void SimService::look_again_soon() {
  constexpr Duration kLookAgain = std::chrono::milliseconds(100);
  if (queue_.empty() || looks_again_) return;
  looks_again_ = true;
  around_.program.after(kLookAgain, [this] {
    looks_again_ = false;
    release();
  });
}

bool SimService::broke(std::uint64_t request) {
  if (!in_flight_.contains(request)) return false;
  around_.program.soon([this, request] {
    if (in_flight_.contains(request)) finish(request, Finish::kFailed);
  });
  return true;
}

void SimService::finish(std::uint64_t number, Finish how) {
  const Instant now = around_.program.now();
  const Request request = std::move(in_flight_.extract(number).mapped());
  traffic_.busy.end(now);
  ++(how == Finish::kCompleted ? traffic_.completed_total : traffic_.failed_total);
  balancer::Endpoint* endpoint = set_.find(request.endpoint);
  if (endpoint == nullptr) {
    around_.ground.verdict.broken("endpoint-kept", around_.program.name() + " forgot endpoint " +
                                                       request.endpoint.text +
                                                       " with a request on it");
    return;
  }
  set_.finish(*endpoint, how, request.began, now);
  release();
}

wire::ServiceTraffic SimService::traffic(Instant now) const {
  wire::ServiceTraffic traffic = balancer::traffic_for(id_, traffic_, set_, queue_, now);
  if (traffic.applied) traffic.applied = std::max(applied_, promised_);
  return traffic;
}

void SimService::others_at(const Address& address, const WorkerId& id,
                           std::vector<WorkerId>& found) const {
  for (const auto& endpoint : set_.endpoints()) {
    if (endpoint->address == address && endpoint->id != id) found.push_back(endpoint->id);
  }
}

}  // namespace foretide::simulation
