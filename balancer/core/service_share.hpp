// What the threads of one service share about the requests that they hold: how many there are, and
// whose turn it is.
//
// The ticket of a held request comes from one counter, and each thread shows the oldest ticket that
// waits there for a place. A place of the hard capacity that becomes free is for the thread that
// shows the lowest, so that a service's requests are served in order of arrival, however the kernel
// spread their connections. Example: thread 0 shows 7, thread 1 shows 4: the place goes to thread
// 1, even if it became free on thread 0.
//
// Threads judge endpoints each for itself, so the one that shows the lowest may have no use for a
// place that others see. Therefore a place is offered: who cannot take it offers it to the thread
// that shows the next higher ticket, until one takes it or all have declined. Example: "x" is sent
// away on thread 1 alone; thread 0 finds "x" free and offers it to thread 1, which offers it to
// thread 0, which takes it although ticket 4 is still waiting.
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

  explicit ServiceShare(std::uint32_t threads = 1) : freed(threads), threads_(threads) {}

  std::atomic<Ticket> tickets{1};
  // In all threads:
  std::atomic<std::uint32_t> held{0};
  std::atomic<std::uint32_t> limited{0};  // threads that have learned how much a worker takes
  FreedPlaces freed;

  void show(std::uint32_t thread, Ticket oldest) { threads_[thread].shown = oldest; }
  // The other thread that shows the lowest ticket, where that is lower than `ticket`.
  std::optional<std::uint32_t> thread_before(Ticket ticket, std::uint32_t thread) const {
    return lowest_between(0, ticket, thread);
  }
  // The other thread that shows the lowest ticket above this one.
  std::optional<std::uint32_t> thread_after(Ticket ticket, std::uint32_t thread) const {
    return lowest_between(ticket, kNobody, thread);
  }
  // There is a place that it may take, whoever came before. To be woken for it.
  void offer(std::uint32_t thread) { threads_[thread].offered = true; }
  bool take_offer(std::uint32_t thread) {
    auto& offered = threads_[thread].offered;
    return offered.load(std::memory_order_relaxed) && offered.exchange(false);
  }

  // A thread's requests at workers; told by that thread alone.
  void set_in_flight(std::uint32_t thread, std::uint32_t count) {
    threads_[thread].in_flight.store(count, std::memory_order_relaxed);
  }
  std::uint32_t in_flight() const {
    std::uint32_t sum = 0;
    for (const auto& each : threads_) sum += each.in_flight.load(std::memory_order_relaxed);
    return sum;
  }

 private:
  // Neither bound included; tickets begin at 1.
  std::optional<std::uint32_t> lowest_between(Ticket above, Ticket below,
                                              std::uint32_t except) const {
    std::optional<std::uint32_t> found;
    for (std::uint32_t i = 0; i < threads_.size(); ++i) {
      const Ticket shown = threads_[i].shown;
      if (i == except || shown <= above || shown >= below) continue;
      below = shown;
      found = i;
    }
    return found;
  }

  struct alignas(64) Thread {  // a cache line for each
    std::atomic<Ticket> shown{kNobody};
    std::atomic<bool> offered{false};
    std::atomic<std::uint32_t> in_flight{0};
  };
  std::vector<Thread> threads_;
};

}  // namespace foretide::balancer
