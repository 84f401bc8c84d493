// How many sockets to workers the process may have at once, over all its threads: what is left of
// the descriptors after the clients' and those of the rest of the program (core/descriptor_shares).
// With 1024 descriptors 448 are the clients', 448 the workers'. An HTTP/2 client may ask for 128 of
// them by one connection, so counting clients does not bound them.
//
// Asked when a socket is made, never where one is used again: one relaxed atomic beside a system
// call. Any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace foretide::balancer {

class SocketBudget {
 public:
  explicit SocketBudget(std::uint32_t most) : most_(most), tight_(most - most / 16) {}

  // False when all are taken.
  bool take() {
    if (open_.fetch_add(1, std::memory_order_relaxed) < most_) return true;
    give();
    return false;
  }
  void give() { open_.fetch_sub(1, std::memory_order_relaxed); }
  // So few are left that no more should be kept for later.
  bool is_tight() const { return open_.load(std::memory_order_relaxed) >= tight_; }

 private:
  const std::uint32_t most_, tight_;
  std::atomic<std::uint32_t> open_{0};
};

}  // namespace foretide::balancer
