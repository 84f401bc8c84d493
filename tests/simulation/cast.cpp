#include "tests/simulation/cast.hpp"

namespace foretide::simulation {
namespace {

Broken broken_for(const std::string& name) {
  if (name == "fencing") return Broken::kFencing;
  if (name == "drain-ack") return Broken::kDrainAck;
  if (name == "absence") return Broken::kAbsence;
  return Broken::kNothing;
}

std::vector<Load> loads_for(const Cast& cast) {
  std::vector<Load> loads;
  for (std::size_t i = 0; i < cast.curves.size(); ++i) {
    loads.push_back({.service = cast.scenario.cluster.services[i].id,
                     .curve = &cast.curves[i],
                     .share = 1.0 / cast.scenario.balancers,
                     .service_seconds = cast.scenario.services[i].service_seconds,
                     .even = cast.scenario.services[i].even});
  }
  return loads;
}

// Hosts' monotonic clocks began at different times, most of all the coordinator's.
Duration clock_offset(Ground& ground) {
  return ground.random.seconds_between(1.0, 1e6);
}

}  // namespace

Cast::Cast(const Scenario& of, std::ostream* history)
    : scenario(of),
      ground(of.options.seed, of.codec_share, broken_for(of.options.broken), history),
      safety(ground, connections) {
  ground.network.set_weather(of.weather);
  for (std::size_t i = 0; i < of.services.size(); ++i) {
    const ServicePlan& plan = of.services[i];
    curves.emplace_back(ground.random.fork(), plan.demand, of.faults_end, of.end);
  }
  std::vector<SimHost*> all_hosts;
  for (int i = 0; i < of.nodes; ++i) {
    const std::string number = std::to_string(i + 1);
    hosts.push_back(std::make_unique<SimHost>(ground, "node-" + number, "10.0.0." + number));
    for (std::size_t s = 0; s < of.services.size(); ++s) {
      hosts.back()->set_nature(of.cluster.services[s].id, of.services[s].nature);
    }
    connections.add_host(*hosts.back());
    all_hosts.push_back(hosts.back().get());
  }
  watch = std::make_unique<FleetWatch>(ground, all_hosts);
  for (std::size_t i = 0; i < of.services.size(); ++i) {
    const ServicePlan& plan = of.services[i];
    if (plan.even) watch->numbers().set_served(of.cluster.services[i].id, plan.service_seconds);
  }
  coordinator =
      std::make_unique<SimCoordinator>(ground, safety, *watch, of.cluster, clock_offset(ground));
  if (of.keeps_history) coordinator->remember_demand();
  for (auto& host : hosts) {
    agents.push_back(std::make_unique<SimAgent>(ground, *host, connections, safety, of.ports,
                                                clock_offset(ground)));
    agents.back()->join(coordinator->peer());
    coordinator->add_node(agents.back()->peer(), {host->name()}, host->address());
  }
  for (int i = 0; i < of.balancers; ++i) {
    const std::string name = "balancer-" + std::to_string(i + 1);
    balancers.push_back(std::make_unique<SimBalancer>(ground, name, connections, safety,
                                                      loads_for(*this), clock_offset(ground)));
    balancers.back()->join(coordinator->peer());
    coordinator->add_balancer(*balancers.back(), {name});
  }
}

}  // namespace foretide::simulation
