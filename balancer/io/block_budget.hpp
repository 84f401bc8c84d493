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

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace foretide::balancer {

inline constexpr std::size_t kBlockSize = 20 * 1024;

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

// `asked_for` bytes; 0: a quarter of the machine's, or of what this program may have of it, but
// enough for some hundred requests. A thread may keep some claimed that it does not use.
inline std::size_t blocks_max_for(std::uint64_t asked_for, std::uint64_t memory,
                                  std::uint32_t threads) {
  constexpr std::uint64_t kLeast = std::uint64_t{32} << 20, kOfAThread = 64;
  const std::uint64_t bytes = asked_for > 0 ? asked_for : std::max(memory / 4, kLeast);
  return std::max<std::uint64_t>(bytes / kBlockSize, kOfAThread * threads);
}

}  // namespace foretide::balancer
