#include "coordinator/core/reversals.hpp"

#include <algorithm>

namespace foretide::coordinator {
namespace {

bool is_small(std::uint32_t low, std::uint32_t high) {
  return high - low <= std::max(1u, high / 4);
}

}  // namespace

Duration Reversals::window_for(Duration lead_time) {
  return std::clamp(10 * lead_time, kShortestWindow, kLongestWindow);
}

void Reversals::changed(std::uint32_t from, std::uint32_t to, Instant now) {
  if (from == to) return;
  const Way way = to > from ? Way::kUp : Way::kDown;
  if (way == memory_.way) return;
  const auto [low, high] = std::minmax(memory_.turned_at, from);
  if (memory_.way != Way::kNone && from > 0 && memory_.turned_at > 0 && is_small(low, high)) {
    if (memory_.turns.size() == kBudget) memory_.turns.pop_front();
    memory_.turns.push_back(now);
  }
  memory_.way = way;
  memory_.turned_at = from;
}

std::optional<Duration> Reversals::wait(Duration window, Instant now) const {
  const std::deque<Instant>& turns = memory_.turns;
  if (turns.size() < kBudget || now - turns.front() >= window) return std::nullopt;
  return window - (now - turns.front());
}

}  // namespace foretide::coordinator
