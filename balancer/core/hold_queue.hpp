// Requests that wait for an endpoint: at most so many, none beyond its deadline, and in an order.
//
// A request enters once and gets a ticket. The ticket is its place: a request that was let go,
// found the endpoint closed and comes back with it stands where it stood, before everything that
// came later. Who the requests are is the caller's business; this keeps tickets only.
//
// First come, first served; or fair, in rounds: each client has one turn in a round, so that a
// client with a thousand requests waiting keeps another one's single request waiting for one of its
// own, not for a thousand. A request stands in the present round, or in the one after its client's
// last; within a round the order is that of arrival. A client is a number (0 with all the same).
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
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/time.hpp"

namespace foretide::balancer {

class HoldQueue {
 public:
  using Ticket = std::uint64_t;
  enum class Order : std::uint8_t { kFifo, kFair };

  struct Entry {
    Instant since, deadline;
    std::uint64_t client = 0;
  };

  // Without a counter it has its own.
  explicit HoldQueue(std::atomic<Ticket>* tickets = nullptr) : tickets_(tickets) {}

  // For those that enter from now on.
  void set_order(Order order) { order_ = order; }

  // Nothing when `max` are waiting already.
  std::optional<Ticket> enter(std::size_t max, const Entry& entry);
  void come_back(Ticket ticket, const Entry& entry);
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
    Entry entry;
    std::uint64_t round;
  };
  struct Client {
    std::uint64_t last_round = 0;
    std::uint32_t waiting = 0;
  };

  void stand(Ticket ticket, const Entry& entry, std::uint64_t round);

  std::unordered_map<Ticket, Place> waiting_;
  std::set<std::pair<std::uint64_t, Ticket>> turns_;  // round and ticket
  std::set<std::pair<Instant, Ticket>> deadlines_;
  std::multiset<Instant> since_;
  std::unordered_map<std::uint64_t, Client> clients_;  // those that wait, when it is fair
  Order order_ = Order::kFifo;
  std::uint64_t round_ = 0;  // the present one
  std::atomic<Ticket>* tickets_;
  Ticket next_ = 1;  // of its own
};

}  // namespace foretide::balancer
