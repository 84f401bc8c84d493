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
  if (way == way_) return;
  const auto [low, high] = std::minmax(turned_at_, from);
  if (way_ != Way::kNone && from > 0 && turned_at_ > 0 && is_small(low, high)) {
    if (turns_.size() == kBudget) turns_.pop_front();
    turns_.push_back(now);
  }
  way_ = way;
  turned_at_ = from;
}

std::optional<Duration> Reversals::wait(Duration window, Instant now) const {
  if (turns_.size() < kBudget || now - turns_.front() >= window) return std::nullopt;
  return window - (now - turns_.front());
}

}  // namespace foretide::coordinator
