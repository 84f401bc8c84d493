#include "tests/simulation/safety.hpp"

namespace foretide::simulation {

void Safety::sent(const wire::DesiredSet& set) {
  for (const wire::DesiredWorker& worker : set.workers) {
    if (worker.order == wire::WorkerOrder::kStop)
      told_to_stop_.emplace(worker.id, ground_.queue.now());
  }
}

void Safety::sent(const wire::ServiceTable& table) {
  for (const wire::Endpoint& endpoint : table.endpoints) {
    if (endpoint.state == wire::EndpointState::kActive) {
      draining_since_.erase(endpoint.id);
    } else {
      draining_since_.emplace(endpoint.id, ground_.queue.now());
    }
  }
}

void Safety::about_to_spawn(const SimHost& host, const WorkerId& id, std::uint16_t port) {
  constexpr std::size_t kSpawnsMax = 6;
  constexpr Duration kWithin = std::chrono::seconds(10);
  std::deque<Instant>& spawns = spawns_[id];
  while (!spawns.empty() && spawns.front() + kWithin < ground_.queue.now()) spawns.pop_front();
  spawns.push_back(ground_.queue.now());
  if (spawns.size() > kSpawnsMax) {
    ground_.verdict.broken("spawn-rate", "worker " + id.text + " was started " +
                                             std::to_string(spawns.size()) + " times within 10 s");
  }
  for (const BalancerTruth& balancer : balancers_) {
    if (!balancer.is_waited_for()) continue;
    for (const WorkerId& other : balancer.others_at({host.address(), port}, id)) {
      ground_.verdict.broken(
          "port-reuse", "worker " + id.text + " gets port " + std::to_string(port) + " of " +
                            host.name() + " while a balancer still has " + other.text + " there");
    }
  }
}

void Safety::about_to_signal(const SimHost& host, const WorkerId& id, Why why, Duration drain) {
  const Process* process = host.find(id);
  if (process == nullptr || !signalled_.insert(process->pid * 64 + host.name().back()).second)
    return;
  if (why == Why::kStartFailed && !process->listens) return;
  if (why == Why::kStop && !told_to_stop_.contains(id)) {
    ground_.verdict.broken("absence-ends", "worker " + id.text + " on " + host.name() +
                                               " is ended although no set ever said so");
    return;
  }
  const std::size_t open = connections_.open_on({host.address(), process->port});
  if (open == 0) return;
  const auto since = draining_since_.find(id);
  const auto ordered = told_to_stop_.find(id);
  const auto is_over = [&](Instant from) { return ground_.queue.now() - from >= drain; };
  const bool over = (since != draining_since_.end() && is_over(since->second)) ||
                    (ordered != told_to_stop_.end() && is_over(ordered->second));
  if (over) return;
  ground_.verdict.broken(
      "signalled-in-use",
      "worker " + id.text + " on " + host.name() + " is signalled with " + std::to_string(open) +
          " requests open" +
          (since == draining_since_.end()
               ? ", and no table said that it drains"
               : ", " + std::to_string(seconds_in(ground_.queue.now() - since->second)) +
                     " s into its drain of " + std::to_string(seconds_in(drain)) + " s"));
}

void Safety::routed(const std::string& balancer, bool is_waited_for, const WorkerId& chosen,
                    bool drain_was_acknowledged, const Process& reached) {
  if (drain_was_acknowledged) {
    ground_.verdict.broken("routed-after-ack", balancer + " sends a request to " + chosen.text +
                                                   " after it acknowledged that it drains");
  }
  if (reached.id != chosen && is_waited_for) {
    ground_.verdict.broken("misrouted", balancer + " meant " + chosen.text + " and reached " +
                                            reached.id.text + " on port " +
                                            std::to_string(reached.port));
  }
}

}  // namespace foretide::simulation
