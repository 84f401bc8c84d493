// Where places became free, told by the thread that gave one back to the others that share the
// endpoint.
//
// A thread that finds an endpoint filled by others does not look at it again with every request:
// it says that it wants to be told. Each thread has one bit for each endpoint; who gives a place
// back sets the bit for all others that want it, and a thread takes its bits before it chooses. A
// bit is a hint to look again and never more, so that one too many costs a look. Example: 1,000
// endpoints are 16 words.
//
// Atomics only. Who gives a place back does so and then asks who wants to know; who wants to know
// says so and then looks once more: in one order for all, or both might miss.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace foretide::balancer {

class FreedPlaces {
 public:
  // Endpoints of one service that are told apart; those beyond share bits with others.
  static constexpr std::uint32_t kEndpointsMost = 4096;

  explicit FreedPlaces(std::uint32_t threads = 1) : threads_(threads) {}

  void want(std::uint32_t self) {
    auto& wanted = threads_[self].wanted;
    if (!wanted.load(std::memory_order_relaxed)) wanted.store(true, std::memory_order_seq_cst);
  }
  void tell_others(std::uint32_t endpoint, std::uint32_t self) {
    const std::uint32_t bit = endpoint % kEndpointsMost;
    for (std::uint32_t i = 0; i < threads_.size(); ++i) {
      if (i == self || !threads_[i].wanted.load(std::memory_order_seq_cst)) continue;
      threads_[i].words[bit / 64].fetch_or(std::uint64_t{1} << bit % 64, std::memory_order_seq_cst);
      threads_[i].any.store(true, std::memory_order_seq_cst);
    }
  }
  // Calls `look(endpoint)` for each that was told of since the last time: the lowest of those that
  // share its bit, so that look() is to go on in steps of kEndpointsMost.
  template <class Look>
  void take(std::uint32_t self, Look look) {
    auto& told = threads_[self];
    if (!told.any.load(std::memory_order_seq_cst)) return;
    told.any.store(false, std::memory_order_seq_cst);
    for (std::size_t word = 0; word < told.words.size(); ++word) {
      if (told.words[word].load(std::memory_order_relaxed) == 0) continue;
      std::uint64_t bits = told.words[word].exchange(0, std::memory_order_seq_cst);
      for (; bits != 0; bits &= bits - 1) {
        look(static_cast<std::uint32_t>(word * 64 + static_cast<unsigned>(std::countr_zero(bits))));
      }
    }
  }

 private:
  struct Told {
    std::atomic<bool> wanted{false}, any{false};
    std::array<std::atomic<std::uint64_t>, kEndpointsMost / 64> words{};
  };
  std::vector<Told> threads_;
};

}  // namespace foretide::balancer
