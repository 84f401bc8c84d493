// What the threads of one service share about the requests that they hold: how many there are, and
// whose turn it is.
//
// The ticket of a held request comes from one counter, and each thread shows the oldest ticket that
// waits there for a place. A place of the hard capacity that becomes free is for the thread that
// shows the lowest, so that a service's requests are served in order of arrival, however the kernel
// spread their connections. Example: thread 0 shows 7, thread 1 shows 4: the place goes to thread
// 1, even if it became free on thread 0.
//
// Atomics only. One thread gives a place back and then looks at what is shown, another shows and
// then looks for a place: in one order for all, or both might miss.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "balancer/core/freed_places.hpp"
#include "balancer/core/hold_queue.hpp"

namespace foretide::balancer {

class ServiceShare {
 public:
  using Ticket = HoldQueue::Ticket;
  static constexpr Ticket kNobody = std::numeric_limits<Ticket>::max();

  explicit ServiceShare(std::uint32_t threads = 1) : freed(threads), shown_(threads) {
    for (auto& ticket : shown_) ticket = kNobody;
  }

  std::atomic<Ticket> tickets{1};
  // In all threads:
  std::atomic<std::uint32_t> held{0};
  std::atomic<std::uint32_t> in_flight{0};  // kept by several threads only
  std::atomic<std::uint32_t> limited{0};    // threads that have learned how much a worker takes
  FreedPlaces freed;

  void show(std::uint32_t thread, Ticket oldest) { shown_[thread] = oldest; }
  // The other thread that shows the lowest ticket, where that is lower than `ticket`.
  std::optional<std::uint32_t> thread_before(Ticket ticket, std::uint32_t thread) const {
    std::optional<std::uint32_t> found;
    for (std::uint32_t i = 0; i < shown_.size(); ++i) {
      const Ticket shown = shown_[i];
      if (i == thread || shown >= ticket) continue;
      ticket = shown;
      found = i;
    }
    return found;
  }

 private:
  std::vector<std::atomic<Ticket>> shown_;
};

}  // namespace foretide::balancer
