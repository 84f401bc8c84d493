#include "balancer/core/ticket_keys.hpp"

#include <algorithm>

namespace foretide::balancer {

std::optional<TicketKey> TicketKeys::issuing(Instant now) const {
  if (keys_.empty() || now - keys_.back().since >= kIssues) return std::nullopt;
  return keys_.back().key;
}

void TicketKeys::add(const TicketKey& key, Instant now) {
  std::erase_if(keys_, [&](const Aged& aged) { return now - aged.since >= kOpens; });
  keys_.push_back({key, now});
}

std::optional<TicketKeys::Found> TicketKeys::find(std::span<const unsigned char, 16> name,
                                                  Instant now) const {
  for (const auto& [key, since] : keys_) {
    if (!std::equal(name.begin(), name.end(), key.name.begin())) continue;
    if (now - since >= kOpens) return std::nullopt;
    return Found{key, now - since < kIssues};
  }
  return std::nullopt;
}

}  // namespace foretide::balancer
