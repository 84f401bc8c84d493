#include "balancer/core/standalone_tables.hpp"

#include <algorithm>

namespace foretide::balancer {
namespace {

void mark_gone(const wire::ServiceTable& former, wire::ServiceTable& table) {
  for (const auto& entry : former.endpoints) {
    const auto same = [&](const wire::Endpoint& other) { return other.id == entry.id; };
    if (std::any_of(table.endpoints.begin(), table.endpoints.end(), same)) continue;
    table.endpoints.push_back({entry.id, entry.address, wire::EndpointState::kGone});
  }
}

}  // namespace

StandaloneTables tables_for(const ClusterSettings& settings, const HeldTables& held) {
  std::uint64_t revision = 0;
  if (held.matches()) revision = held.matches()->stamp.revision;
  const Stamp stamp{1, revision + 1};

  StandaloneTables tables;
  tables.matches.stamp = stamp;
  for (const auto& service : settings.services) {
    wire::ServiceTable table;
    table.stamp = stamp;
    table.service = service.id;
    table.policy = service.traffic;
    for (const auto& address : service.upstreams) {
      table.endpoints.push_back({{address.text()}, address, wire::EndpointState::kActive});
    }
    const auto former = held.services().find(service.id);
    if (former != held.services().end()) mark_gone(former->second, table);
    tables.services.push_back(std::move(table));

    auto matches = service.matches;
    if (matches.empty()) matches.emplace_back();
    for (auto& match : matches) {
      match.service = service.id;
      tables.matches.matches.push_back(std::move(match));
    }
  }
  for (const auto& [id, former] : held.services()) {
    const auto same = [&id = id](const ServiceSettings& service) { return service.id == id; };
    if (std::any_of(settings.services.begin(), settings.services.end(), same)) continue;
    wire::ServiceTable table;
    table.stamp = stamp;
    table.service = id;
    table.policy = former.policy;
    table.removed = true;
    mark_gone(former, table);
    tables.services.push_back(std::move(table));
  }
  return tables;
}

}  // namespace foretide::balancer
