// Requests that wait for an endpoint: first come, first served, at most so many, none beyond its
// deadline.
//
// A request enters once and gets a ticket. The ticket is its place: a request that was let go,
// found the endpoint closed and comes back with it stands where it stood, before everything that
// came later. Who the requests are is the caller's business; this keeps tickets only.
//
// Several queues of one service draw their tickets from one counter, which orders all of them.
//
// Bounds: entering is refused at `max` waiting; coming back never is (it was counted when it
// entered).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "common/time.hpp"

namespace foretide::balancer {

class HoldQueue {
 public:
  using Ticket = std::uint64_t;

  // Without a counter it has its own.
  explicit HoldQueue(std::atomic<Ticket>* tickets = nullptr) : tickets_(tickets) {}

  // Nothing when `max` are waiting already.
  std::optional<Ticket> enter(std::size_t max, Instant now, Instant deadline);
  void come_back(Ticket ticket, Instant since, Instant deadline);
  // False when it does not wait (any more).
  bool leave(Ticket ticket);

  bool empty() const { return waiting_.empty(); }
  std::size_t size() const { return waiting_.size(); }
  std::optional<Ticket> first() const;
  std::optional<Instant> oldest_since() const;
  std::optional<Instant> next_deadline() const;
  // Takes out everything whose deadline has come, oldest first.
  std::vector<Ticket> take_expired(Instant now);
  std::vector<Ticket> take_all();

 private:
  struct Place {
    Instant since, deadline;
  };

  std::map<Ticket, Place> waiting_;
  std::set<std::pair<Instant, Ticket>> deadlines_;
  std::multiset<Instant> since_;
  std::atomic<Ticket>* tickets_;
  Ticket next_ = 1;  // of its own
};

}  // namespace foretide::balancer
