#include "tests/simulation/faults.hpp"

#include <algorithm>
#include <utility>

namespace foretide::simulation {

void Faults::begin() {
  const FaultPlan& plan = cast_.scenario.faults;
  again_and_again(plan.cut, &Faults::cut);
  again_and_again(plan.freeze, &Faults::freeze);
  again_and_again(plan.agent_crash, &Faults::crash_agent);
  again_and_again(plan.power_loss, &Faults::lose_power);
  again_and_again(plan.balancer_crash, &Faults::crash_balancer);
  again_and_again(plan.coordinator_crash, &Faults::crash_coordinator);
  again_and_again(plan.worker_crash, &Faults::crash_worker);
  again_and_again(plan.reload, &Faults::reload);
  again_and_again(plan.manual, &Faults::scale_by_hand);
  again_and_again(plan.blackout, &Faults::black_out);
  order_by_hand();
}

void Faults::again_and_again(double mean_seconds, void (Faults::*fault)()) {
  if (mean_seconds <= 0.0) return;
  cast_.ground.queue.after(Random::seconds(random_.exponential(mean_seconds)),
                           [this, mean_seconds, fault] {
                             if (over_) return;
                             (this->*fault)();
                             again_and_again(mean_seconds, fault);
                           });
}

void Faults::end() {
  over_ = true;
  cast_.ground.history.note("faults", [] { return std::string("are over"); });
  cast_.ground.network.mend_all();
  cast_.ground.network.set_weather({});
  for (auto& host : cast_.hosts) {
    for (std::size_t i = 0; i < cast_.scenario.services.size(); ++i) {
      Nature nature = cast_.scenario.services[i].nature;
      nature.never_ready = nature.spawn_fails = nature.life_mean = 0.0;
      host->set_nature(cast_.scenario.cluster.services[i].id, nature);
    }
  }
  const auto set_right = [](auto& one) {
    one.program().thaw();
    if (!one.program().is_up()) one.start();
  };
  cast_.coordinator->live_on();
  set_right(*cast_.coordinator);
  for (auto& agent : cast_.agents) set_right(*agent);
  for (auto& balancer : cast_.balancers) set_right(*balancer);
  for (const ServiceSettings& service : cast_.coordinator->cluster().services) {
    cast_.coordinator->ask(coordinator::ScaleSet{service.id, std::nullopt, {}});
    cast_.coordinator->order(coordinator::PauseSet{service.id, false});
  }
  for (const auto& host : cast_.hosts) {
    cast_.coordinator->order(coordinator::DrainSet{{host->name()}, false});
  }
}

double Faults::lasting() {
  return random_.chance(cast_.scenario.faults.long_ones) ? random_.between(15.0, 60.0)
                                                         : random_.between(0.2, 12.0);
}

// Between the coordinator and one other, one way or both.
void Faults::cut() {
  Network& network = cast_.ground.network;
  const std::size_t which = random_.below(cast_.agents.size() + cast_.balancers.size());
  const Peer other = which < cast_.agents.size()
                         ? cast_.agents[which]->peer()
                         : cast_.balancers[which - cast_.agents.size()]->peer();
  const Peer coordinator = cast_.coordinator->peer();
  const std::uint64_t ways = random_.below(3);
  if (ways != 0) network.cut(coordinator, other);
  if (ways != 1) network.cut(other, coordinator);
  const double seconds = lasting();
  cast_.ground.history.note("faults", [&] {
    return "cut between coordinator and " + network.program(other).name() +
           (ways == 0   ? " (towards the coordinator)"
            : ways == 1 ? " (from the coordinator)"
                        : "") +
           " for " + std::to_string(seconds) + " s";
  });
  cast_.ground.queue.after(Random::seconds(seconds), [&network, coordinator, other] {
    network.mend(coordinator, other);
    network.mend(other, coordinator);
  });
}

Program& Faults::any_program() {
  const std::size_t agents = cast_.agents.size(), balancers = cast_.balancers.size();
  const std::size_t which = random_.below(agents + balancers + 1);
  if (which < agents) return cast_.agents[which]->program();
  if (which < agents + balancers) return cast_.balancers[which - agents]->program();
  return cast_.coordinator->program();
}

void Faults::freeze() {
  Program& program = any_program();
  const double seconds = lasting();
  cast_.ground.history.note(
      "faults", [&] { return program.name() + " freezes for " + std::to_string(seconds) + " s"; });
  program.freeze();
  cast_.ground.queue.after(Random::seconds(seconds), [&program] { program.thaw(); });
}

void Faults::crash_agent() {
  SimAgent& agent = *cast_.agents[random_.below(cast_.agents.size())];
  if (!agent.program().is_up()) return;
  agent.crash();
  cast_.ground.queue.after(Random::seconds(lasting()), [&agent] {
    if (!agent.program().is_up()) agent.start();
  });
}

void Faults::lose_power() {
  SimAgent& agent = *cast_.agents[random_.below(cast_.agents.size())];
  cast_.ground.history.note("faults", [&] { return agent.host().name() + " loses power"; });
  if (agent.program().is_up()) agent.crash();
  agent.host().lose_power();
  cast_.ground.queue.after(Random::seconds(random_.between(5.0, 40.0)), [&agent] {
    if (!agent.program().is_up()) agent.start();
  });
}

void Faults::crash_balancer() {
  SimBalancer& balancer = *cast_.balancers[random_.below(cast_.balancers.size())];
  if (!balancer.program().is_up()) return;
  balancer.crash();
  cast_.ground.queue.after(Random::seconds(lasting()), [&balancer] {
    if (!balancer.program().is_up()) balancer.start();
  });
}

// Half the time amid what it is just doing.
void Faults::crash_coordinator() {
  SimCoordinator& coordinator = *cast_.coordinator;
  if (!coordinator.program().is_up()) return;
  if (random_.chance(0.5)) {
    coordinator.crash_amid(random_.below(12));
  } else {
    coordinator.crash();
  }
  const bool loses_store = random_.chance(cast_.scenario.faults.store_loss);
  cast_.ground.queue.after(Random::seconds(lasting()), [this, &coordinator, loses_store] {
    if (coordinator.program().is_up()) {
      if (over_) return;
      coordinator.crash();
    }
    if (loses_store && !over_) coordinator.lose_store();
    coordinator.start();
  });
}

void Faults::crash_worker() {
  SimHost& host = *cast_.hosts[random_.below(cast_.hosts.size())];
  if (host.processes().empty()) return;
  auto at = host.processes().begin();
  std::advance(at, static_cast<std::ptrdiff_t>(random_.below(host.processes().size())));
  host.fall_over(at->first);
}

void Faults::reload() {
  ClusterSettings cluster = cast_.coordinator->cluster();
  const std::vector<ServiceSettings>& all = cast_.scenario.cluster.services;
  const std::uint64_t kind = random_.below(4);
  if (kind == 0 && cluster.services.size() > 1) {
    const std::size_t gone = random_.below(cluster.services.size());
    cluster.services.erase(cluster.services.begin() + static_cast<std::ptrdiff_t>(gone));
  } else if (kind == 1 || cluster.services.empty()) {
    cluster.services = all;
  } else {
    ServiceSettings& service = cluster.services[random_.below(cluster.services.size())];
    if (kind == 2) {
      change_command(service);
    } else {
      service.scale.min = static_cast<std::uint32_t>(random_.between_counts(0, 3));
      service.scale.max =
          service.scale.min + static_cast<std::uint32_t>(random_.between_counts(1, 6));
    }
  }
  cast_.ground.history.note("faults", [&] { return "reload, kind " + std::to_string(kind); });
  cast_.coordinator->reload(std::move(cluster));
}

void Faults::scale_by_hand() {
  if (cast_.coordinator->state() == nullptr || cast_.coordinator->program().is_frozen()) return;
  const auto& services = cast_.coordinator->cluster().services;
  const ServiceId id = services[random_.below(services.size())].id;
  if (random_.chance(0.3)) {
    cast_.coordinator->ask(coordinator::ForecastAsked{id, random_.seconds_between(1.0, 60.0)});
    return;
  }
  std::optional<std::uint32_t> count;
  if (random_.chance(0.7)) count = static_cast<std::uint32_t>(random_.between_counts(0, 6));
  cast_.ground.history.note("faults", [&] {
    return "scale " + id.text + " by hand to " + (count ? std::to_string(*count) : "nothing");
  });
  cast_.coordinator->ask(coordinator::ScaleSet{id, count, random_.seconds_between(5.0, 60.0)});
}

// No balancer is heard, while all of them go on serving.
void Faults::black_out() {
  Network& network = cast_.ground.network;
  const Peer coordinator = cast_.coordinator->peer();
  const double seconds = random_.between(10.0, 120.0);
  cast_.ground.history.note(
      "faults", [&] { return "no balancer is heard for " + std::to_string(seconds) + " s"; });
  for (const auto& balancer : cast_.balancers) {
    const Peer peer = balancer->peer();
    network.cut(peer, coordinator);
    cast_.ground.queue.after(Random::seconds(seconds),
                             [&network, peer, coordinator] { network.mend(peer, coordinator); });
  }
}

// Pauses and drains, each ended again by a later one of them.
void Faults::order_by_hand() {
  constexpr double kMeanSeconds = 60.0;
  cast_.ground.queue.after(Random::seconds(order_random_.exponential(kMeanSeconds)), [this] {
    if (over_) return;
    const bool begins = order_random_.chance(0.5);
    const auto& services = cast_.coordinator->cluster().services;
    if (order_random_.chance(0.3) && !services.empty()) {
      const ServiceId id = services[order_random_.below(services.size())].id;
      cast_.coordinator->order(coordinator::PauseSet{id, begins});
    } else {
      const SimHost& host = *cast_.hosts[order_random_.below(cast_.hosts.size())];
      cast_.coordinator->order(coordinator::DrainSet{{host.name()}, begins});
    }
    order_by_hand();
  });
}

}  // namespace foretide::simulation
