#include "coordinator/core/routes.hpp"

#include <algorithm>
#include <optional>

namespace foretide::coordinator {
namespace {

std::optional<wire::EndpointState> endpoint_state(const WorkerRecord& worker) {
  switch (worker.stage) {
    case WorkerStage::kGone:
      return worker.routed ? std::optional(wire::EndpointState::kGone) : std::nullopt;
    case WorkerStage::kDraining:
    case WorkerStage::kStopping:
      return worker.routed ? std::optional(wire::EndpointState::kDraining) : std::nullopt;
    case WorkerStage::kServing:
      break;
  }
  if (worker.is_ready()) return wire::EndpointState::kActive;
  // Not a word from its node yet: whatever balancers have of it holds.
  if (!worker.report && worker.address.port == 0) return std::nullopt;
  return worker.routed ? std::optional(wire::EndpointState::kDraining) : std::nullopt;
}

bool is_listed(const std::vector<wire::Endpoint>& endpoints, const WorkerId& id) {
  return std::any_of(endpoints.begin(), endpoints.end(),
                     [&](const wire::Endpoint& endpoint) { return endpoint.id == id; });
}

std::optional<std::chrono::milliseconds> start_time_of(const WorkerRecord& worker) {
  if (!worker.report || !worker.report->start_ms) return std::nullopt;
  return std::chrono::milliseconds(*worker.report->start_ms);
}

}  // namespace

WorkerId upstream_id(const ServiceId& service, const Address& upstream) {
  return {service.text + "@" + upstream.text()};
}

std::vector<wire::Endpoint> routes_for(const ServiceRecord& service) {
  std::vector<wire::Endpoint> endpoints;
  if (service.is_static()) {
    for (const Address& upstream : service.settings->upstreams) {
      endpoints.push_back({.id = upstream_id(service.id, upstream), .address = upstream});
    }
  }
  for (const auto& [id, worker] : service.workers) {
    const auto state = endpoint_state(worker);
    if (!state) continue;
    if (worker.address.port == 0 && *state != wire::EndpointState::kGone) continue;
    endpoints.push_back({.id = id,
                         .address = worker.address,
                         .state = *state,
                         .start_time = start_time_of(worker)});
  }
  for (const Farewell& farewell : service.farewells) {
    if (is_listed(endpoints, farewell.id)) continue;
    endpoints.push_back(
        {.id = farewell.id, .address = farewell.address, .state = wire::EndpointState::kGone});
  }
  std::sort(endpoints.begin(), endpoints.end(),
            [](const wire::Endpoint& a, const wire::Endpoint& b) { return a.id < b.id; });
  return endpoints;
}

std::vector<wire::Match> matches_for(const ClusterSettings& settings) {
  std::vector<wire::Match> matches;
  for (const ServiceSettings& service : settings.services) {
    if (service.matches.empty()) {
      wire::Match rest;
      rest.service = service.id;
      matches.push_back(rest);
    }
    for (wire::Match match : service.matches) {
      match.service = service.id;
      matches.push_back(match);
    }
  }
  return matches;
}

}  // namespace foretide::coordinator
