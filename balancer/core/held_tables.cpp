#include "balancer/core/held_tables.hpp"

#include <algorithm>

namespace foretide::balancer {

void HeldTables::keep(const wire::ServiceTable& table) {
  auto& held = services_[table.service];
  if (table.stamp <= held.stamp) return;
  wire::ServiceTable merged = table;
  std::erase_if(merged.endpoints, [](const wire::Endpoint& entry) {
    return entry.state == wire::EndpointState::kGone;
  });
  for (const auto& former : held.endpoints) {
    const auto same = [&](const wire::Endpoint& entry) { return entry.id == former.id; };
    if (std::none_of(table.endpoints.begin(), table.endpoints.end(), same)) {
      merged.endpoints.push_back(former);
    }
  }
  held = std::move(merged);
}

void HeldTables::keep(const wire::MatchTable& table) {
  if (!matches_ || table.stamp > matches_->stamp) matches_ = table;
}

Stamp HeldTables::stamp_of(const ServiceId& service) const {
  const auto found = services_.find(service);
  return found == services_.end() ? Stamp{} : found->second.stamp;
}

std::uint64_t HeldTables::highest_epoch() const {
  std::uint64_t highest = matches_ ? matches_->stamp.epoch : 0;
  for (const auto& [id, table] : services_) highest = std::max(highest, table.stamp.epoch);
  return highest;
}

std::vector<wire::TableAck> HeldTables::acks() const {
  std::vector<wire::TableAck> acks;
  if (matches_) acks.push_back({.service = {}, .applied = matches_->stamp, .reason = {}});
  for (const auto& [id, table] : services_) {
    acks.push_back({.service = id, .applied = table.stamp, .reason = {}});
  }
  return acks;
}

}  // namespace foretide::balancer
