// How many blocks of memory for bytes on their way the process may have, over all its threads
// (listen.memory_max). With 2 GiB these are 104,857 of 20 KiB: some 25,000 requests at once, or 200
// clients of HTTP/2 that each make us keep all that they may.
//
// Two marks. Above nine tenths it is short: what would need memory anew is refused, and what runs
// goes on. Above the whole it is spent: what runs and wants more is ended, too.
//
// Threads claim blocks by the dozen (BufferPool), so a request costs no atomic operation but the
// load of a value that seldom changes. Any thread.
#pragma once

#include <atomic>
#include <cstddef>

namespace foretide::balancer {

class BlockBudget {
 public:
  explicit BlockBudget(std::size_t most) : most_(most), short_(most - most / 10) {}

  void claim(std::size_t blocks) { claimed_.fetch_add(blocks, std::memory_order_relaxed); }
  void give_back(std::size_t blocks) { claimed_.fetch_sub(blocks, std::memory_order_relaxed); }
  bool is_short() const { return claimed_.load(std::memory_order_relaxed) > short_; }
  bool is_spent() const { return claimed_.load(std::memory_order_relaxed) > most_; }

 private:
  const std::size_t most_, short_;
  std::atomic<std::size_t> claimed_{0};
};

}  // namespace foretide::balancer
