// The tables of a balancer without a coordinator: made from a cluster file whose services have
// static `upstreams`. Each reading of the file makes a new revision; an upstream or a service that
// the file no longer has is gone in the next one, so that what is in flight on it ends in peace.
#pragma once

#include <vector>

#include "balancer/core/held_tables.hpp"
#include "common/settings/cluster.hpp"

namespace foretide::balancer {

struct StandaloneTables {
  wire::MatchTable matches;
  std::vector<wire::ServiceTable> services;
};

StandaloneTables tables_for(const ClusterSettings& settings, const HeldTables& held);

}  // namespace foretide::balancer
