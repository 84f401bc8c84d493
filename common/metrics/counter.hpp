// A number that only grows, written by one thread and read by any. Adding is a plain load and store
// (no locked instruction), so it may stand on the request path; two writers would lose counts, so
// each thread has its own and the reader adds them up.
#pragma once

#include <atomic>
#include <cstdint>

namespace foretide {

class Counter {
 public:
  void add(std::uint64_t amount = 1) {
    count_.store(count_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  std::uint64_t read() const { return count_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace foretide
