// The endpoints of one service as one balancer thread sees them: which may take a request, how many
// requests each has, and the rules for changing that.
//
// A table is applied whole or not at all; one that is not newer than what is held changes nothing and is
// answered with what is held. An endpoint that a newer table does not mention is kept (absence is never an
// order) until an entry says `kDraining`, then `kGone`. A table that would leave a service with no
// endpoint that can take requests although it has one now, without any entry saying draining or gone, is
// thereby impossible. Not thread-safe: each thread owns its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/wire/messages.hpp"

namespace foretide::balancer {

// One endpoint and its counters. Stable address while requests are in flight on it.
struct Endpoint {
  WorkerId id;
  Address address;
  wire::EndpointState state = wire::EndpointState::kActive;
  std::uint32_t in_flight = 0;
  std::uint64_t completed_total = 0, failed_total = 0;
  double busy_seconds_total = 0.0;
};

struct Applied {
  bool accepted = true;      // false: not newer (`reason` empty), or refused with a reason
  std::string reason;
  std::vector<WorkerId> missing;  // kept although the table has no entry
};

class EndpointSet {
 public:
  Applied apply(const wire::ServiceTable& table);
  Stamp stamp() const;
  // Endpoints that may take a new request: active and below the hard capacity.
  // (The picker chooses among them; see picker.hpp.)
  std::vector<Endpoint>& endpoints();
  const std::vector<Endpoint>& endpoints() const;
  const wire::TrafficPolicy& policy() const;
  bool removed() const;

 private:
  Stamp stamp_;
  std::vector<Endpoint> endpoints_;
  wire::TrafficPolicy policy_;
  bool removed_ = false;
};

}  // namespace foretide::balancer
