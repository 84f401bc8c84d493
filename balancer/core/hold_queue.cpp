#include "balancer/core/hold_queue.hpp"

#include <algorithm>

#include "common/check.hpp"

namespace foretide::balancer {

std::optional<HoldQueue::Ticket> HoldQueue::enter(std::size_t max, const Entry& entry) {
  if (waiting_.size() >= max) return std::nullopt;
  const Ticket ticket =
      tickets_ != nullptr ? tickets_->fetch_add(1, std::memory_order_relaxed) : next_++;
  std::uint64_t round = round_;
  if (order_ == Order::kFair) {
    const auto known = clients_.find(entry.client);
    if (known != clients_.end()) round = std::max(round, known->second.last_round + 1);
  }
  stand(ticket, entry, round);
  return ticket;
}

void HoldQueue::come_back(Ticket ticket, const Entry& entry) {
  stand(ticket, entry, round_);
}

void HoldQueue::stand(Ticket ticket, const Entry& entry, std::uint64_t round) {
  const bool added = waiting_.try_emplace(ticket, Place{entry, round}).second;
  CHECK(added, "a request waits in one place only");
  turns_.emplace(round, ticket);
  deadlines_.emplace(entry.deadline, ticket);
  since_.insert(entry.since);
  if (order_ == Order::kFifo && clients_.empty()) return;
  Client& client = clients_[entry.client];
  ++client.waiting;
  client.last_round = std::max(client.last_round, round);
}

bool HoldQueue::leave(Ticket ticket) {
  const auto found = waiting_.find(ticket);
  if (found == waiting_.end()) return false;
  const Place& place = found->second;
  // Whoever is first and leaves had its turn, or gave it up.
  round_ = std::max(round_, turns_.begin()->first);
  turns_.erase({place.round, ticket});
  deadlines_.erase({place.entry.deadline, ticket});
  since_.erase(since_.find(place.entry.since));
  const auto client = clients_.find(place.entry.client);
  if (client != clients_.end() && --client->second.waiting == 0) clients_.erase(client);
  waiting_.erase(found);
  return true;
}

std::optional<HoldQueue::Ticket> HoldQueue::first() const {
  if (turns_.empty()) return std::nullopt;
  return turns_.begin()->second;
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
  std::sort(all.begin(), all.end());
  waiting_.clear();
  turns_.clear();
  deadlines_.clear();
  since_.clear();
  clients_.clear();
  return all;
}

}  // namespace foretide::balancer
