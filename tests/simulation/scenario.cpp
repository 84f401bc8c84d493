#include "tests/simulation/scenario.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "tests/simulation/foreseen.hpp"

namespace foretide::simulation {
namespace {

using std::chrono::milliseconds;

milliseconds milliseconds_between(Random& random, double low, double high) {
  return milliseconds(static_cast<std::int64_t>(1000.0 * random.between(low, high)));
}

WorkerSpec worker_for(Random& random, const std::string& name) {
  WorkerSpec spec;
  spec.argv = {"./" + name, "--port", "{port}", "--version", "1"};
  spec.start.timeout = milliseconds_between(random, 6.0, 15.0);
  spec.stop.drain = milliseconds_between(random, 2.0, 20.0);
  spec.stop.grace = milliseconds_between(random, 1.0, 5.0);
  return spec;
}

ServiceSettings service_for(Random& random, int index) {
  ServiceSettings service;
  const std::string name = "svc" + std::to_string(index);
  service.id = {name};
  service.matches = {{.service = service.id,
                      .host = name + ".test",
                      .path_prefix = {},
                      .header_name = {},
                      .header_value = {}}};
  service.worker = worker_for(random, name);
  service.capacity_soft = random.between(2.0, 8.0);
  if (random.chance(0.4)) {
    service.capacity_hard = static_cast<std::uint32_t>(*service.capacity_soft * 2.0);
  }
  service.scale.min = static_cast<std::uint32_t>(random.between_counts(0, 3));
  service.scale.max = service.scale.min + static_cast<std::uint32_t>(random.between_counts(1, 6));
  service.scale.idle = milliseconds_between(random, 10.0, 60.0);
  service.scale.window = milliseconds_between(random, 5.0, 40.0);
  service.scale.predict = ScaleSettings::Predict::kOff;
  service.traffic.hard_capacity = service.capacity_hard;
  service.traffic.soft_capacity = static_cast<std::uint32_t>(*service.capacity_soft);
  if (random.chance(0.3)) service.traffic.balance = wire::TrafficPolicy::Balance::kRoundRobin;
  return service;
}

ServicePlan plan_for(Random& random, const ServiceSettings& service, bool rough) {
  ServicePlan plan;
  plan.nature.start_min = random.between(0.05, 1.0);
  plan.nature.start_max = plan.nature.start_min + random.between(0.0, 4.0);
  plan.nature.stop_max = random.between(0.1, 4.0);
  if (rough) {
    plan.nature.never_ready = random.chance(0.3) ? random.between(0.0, 0.2) : 0.0;
    plan.nature.spawn_fails = random.chance(0.3) ? random.between(0.0, 0.2) : 0.0;
    plan.nature.hopeless = random.chance(0.5) ? 0.2 : 0.0;
    plan.nature.life_mean = random.chance(0.3) ? random.between(20.0, 300.0) : 0.0;
    plan.nature.ignores_term = random.chance(0.3) ? 0.3 : 0.0;
  }
  plan.service_seconds = random.between(0.2, 4.0);
  const double workers_wanted = random.between(0.3, 0.9) * service.scale.max;
  plan.demand.typical = workers_wanted * *service.capacity_soft / plan.service_seconds / 2.0;
  plan.demand.rests = random.chance(0.4);
  return plan;
}

Weather weather_for(Random& random, bool rough) {
  Weather weather;
  weather.delay_max = random.chance(0.5) ? 0.005 : random.between(0.01, 0.3);
  weather.telemetry_loss = random.chance(0.5) ? 0.0 : random.between(0.0, 0.3);
  if (!rough) return weather;
  weather.loss = random.chance(0.6) ? random.between(0.0, 0.2) : 0.0;
  weather.doubling = random.chance(0.6) ? random.between(0.0, 0.2) : 0.0;
  weather.straying = random.chance(0.7) ? random.between(0.0, 0.1) : 0.0;
  weather.straying_max = random.between(0.5, 10.0);
  return weather;
}

double sometimes(Random& random, double mean_low, double mean_high) {
  return random.chance(0.6) ? random.between(mean_low, mean_high) : 0.0;
}

FaultPlan faults_for(Random& random) {
  FaultPlan plan;
  plan.cut = sometimes(random, 15.0, 120.0);
  plan.freeze = sometimes(random, 20.0, 150.0);
  plan.agent_crash = sometimes(random, 20.0, 150.0);
  plan.power_loss = random.chance(0.3) ? random.between(60.0, 300.0) : 0.0;
  plan.balancer_crash = sometimes(random, 30.0, 200.0);
  plan.coordinator_crash = sometimes(random, 15.0, 150.0);
  plan.worker_crash = sometimes(random, 10.0, 100.0);
  plan.reload = sometimes(random, 30.0, 200.0);
  plan.manual = sometimes(random, 60.0, 300.0);
  plan.store_loss = random.chance(0.3) ? 0.5 : 0.0;
  return plan;
}

}  // namespace

Scenario scenario_for(const Options& options) {
  Random random(options.seed * 0x9e3779b97f4a7c15U + 17);
  const bool rough = !random.chance(0.1);
  Scenario scenario;
  scenario.options = options;
  scenario.nodes = random.between_counts(1, 5);
  if (options.nodes) scenario.nodes = *options.nodes;
  scenario.balancers = random.between_counts(1, 3);
  const int services = random.between_counts(1, 3);
  int workers_max = 0;
  for (int index = 0; index < services; ++index) {
    scenario.cluster.services.push_back(service_for(random, index));
    const ServiceSettings& service = scenario.cluster.services.back();
    scenario.services.push_back(plan_for(random, service, rough));
    workers_max += static_cast<int>(service.scale.max);
  }
  // Narrow on purpose: ports have to be used again.
  const int ports = 3 * workers_max + 8;
  scenario.ports = {.first = 20000, .last = static_cast<std::uint16_t>(20000 + ports)};
  scenario.weather = weather_for(random, rough);
  if (rough) scenario.faults = faults_for(random);
  const double seconds = options.minutes * 60.0;
  scenario.end = Random::seconds(seconds);
  scenario.faults_end = Random::seconds(std::max(seconds * 0.4, seconds - 200.0));
  if (!options.predict.empty()) foresee(scenario);
  return scenario;
}

void change_command(ServiceSettings& service) {
  std::string& version = service.worker.argv.back();
  version = std::to_string(std::stoi(version) + 1);
}

}  // namespace foretide::simulation
