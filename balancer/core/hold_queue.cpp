#include "balancer/core/hold_queue.hpp"

#include <algorithm>

#include "common/check.hpp"

namespace foretide::balancer {

std::optional<HoldQueue::Ticket> HoldQueue::enter(std::size_t max, Instant now, Instant deadline) {
  if (waiting_.size() >= max) return std::nullopt;
  const Ticket ticket =
      tickets_ != nullptr ? tickets_->fetch_add(1, std::memory_order_relaxed) : next_++;
  come_back(ticket, now, deadline);
  return ticket;
}

void HoldQueue::come_back(Ticket ticket, Instant since, Instant deadline) {
  const bool added = waiting_.try_emplace(ticket, Place{since, deadline}).second;
  CHECK(added, "a request waits in one place only");
  deadlines_.emplace(deadline, ticket);
  since_.insert(since);
}

bool HoldQueue::leave(Ticket ticket) {
  const auto place = waiting_.find(ticket);
  if (place == waiting_.end()) return false;
  deadlines_.erase({place->second.deadline, ticket});
  since_.erase(since_.find(place->second.since));
  waiting_.erase(place);
  return true;
}

std::optional<HoldQueue::Ticket> HoldQueue::first() const {
  if (waiting_.empty()) return std::nullopt;
  return waiting_.begin()->first;
}

std::optional<Instant> HoldQueue::oldest_since() const {
  if (since_.empty()) return std::nullopt;
  return *since_.begin();
}

std::optional<Instant> HoldQueue::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

std::vector<HoldQueue::Ticket> HoldQueue::take_expired(Instant now) {
  std::vector<Ticket> expired;
  for (const auto& [deadline, ticket] : deadlines_) {
    if (deadline > now) break;
    expired.push_back(ticket);
  }
  for (const Ticket ticket : expired) leave(ticket);
  std::sort(expired.begin(), expired.end());
  return expired;
}

std::vector<HoldQueue::Ticket> HoldQueue::take_all() {
  std::vector<Ticket> all;
  for (const auto& [ticket, place] : waiting_) all.push_back(ticket);
  waiting_.clear();
  deadlines_.clear();
  since_.clear();
  return all;
}

}  // namespace foretide::balancer
