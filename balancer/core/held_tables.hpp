// The tables that this balancer holds, as a whole: what it acknowledges, what it writes to disk,
// and what it starts from when no coordinator answers.
//
// Kept merged: an endpoint that a newer table does not mention stays (absence is never an order),
// one that is gone leaves. So a balancer that starts from these tables routes exactly as before it
// ended.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "common/wire/messages.hpp"

namespace foretide::balancer {

class HeldTables {
 public:
  // A table that was applied. One that is not newer changes nothing.
  void keep(const wire::ServiceTable& table);
  void keep(const wire::MatchTable& table);

  const std::map<ServiceId, wire::ServiceTable>& services() const { return services_; }
  const std::optional<wire::MatchTable>& matches() const { return matches_; }
  Stamp stamp_of(const ServiceId& service) const;
  std::uint64_t highest_epoch() const;
  // One for each table.
  std::vector<wire::TableAck> acks() const;

 private:
  std::map<ServiceId, wire::ServiceTable> services_;
  std::optional<wire::MatchTable> matches_;
};

}  // namespace foretide::balancer
