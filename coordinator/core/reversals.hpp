// How often the rules have turned a service's number round lately: a rise after a fall, or a fall
// after a rise.
//
// Demand that sits on the boundary between three workers and four makes the number go to and fro,
// and each time a worker is started, warmed and sent away for nothing. Four turns within ten lead
// times (from five to fifteen minutes) are the budget; when it is spent, falls wait until the
// oldest turn is that long ago. Rises never wait: one worker too many for some minutes costs
// little.
//
// A turn counts only after a small swing, of one worker or a quarter of them: a wave that goes from
// two to ten and back is demand's own, and following it is what a user wants. So what flapping can
// cost is bounded too. Turns by hand, falling asleep and waking do not count.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "common/time.hpp"

namespace foretide::coordinator {

class Reversals {
 public:
  static constexpr std::size_t kBudget = 4;
  static constexpr Duration kShortestWindow = std::chrono::minutes(5);
  static constexpr Duration kLongestWindow = std::chrono::minutes(15);
  static Duration window_for(Duration lead_time);

  // The rules changed the number.
  void changed(std::uint32_t from, std::uint32_t to, Instant now);
  // How long falls must wait still; nothing while some of the budget is left.
  std::optional<Duration> wait(Duration window, Instant now) const;

  enum class Way : std::uint8_t { kNone, kUp, kDown };
  // All that is remembered, to be written down and read again.
  struct Memory {
    Way way = Way::kNone;
    std::uint32_t turned_at = 0;  // the number from which it has gone this way
    std::deque<Instant> turns;    // the last kBudget that count, newest last
    friend bool operator==(const Memory&, const Memory&) = default;
  };
  Reversals() = default;
  explicit Reversals(Memory memory) : memory_(std::move(memory)) {}
  const Memory& memory() const { return memory_; }
  friend bool operator==(const Reversals&, const Reversals&) = default;

 private:
  Memory memory_;
};

}  // namespace foretide::coordinator
