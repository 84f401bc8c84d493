#include "balancer/io/timer_wheel.hpp"

#include <algorithm>
#include <bit>

namespace foretide::balancer {

void Timer::unlink() {
  if (link_ == nullptr) return;
  *link_ = next_;
  if (next_ != nullptr) next_->link_ = link_;
  link_ = nullptr;
  next_ = nullptr;
}

TimerWheel::TimerWheel(Instant now) : tick_(tick_of(now)) {}

void TimerWheel::set(Timer& timer, Instant deadline) {
  timer.deadline_ = deadline;
  if (deadline == Instant::max()) return;
  if (timer.link_ != nullptr && timer.tick_ <= tick_of(deadline) + 1) return;
  settle(timer);
}

void TimerWheel::settle(Timer& timer) {
  timer.unlink();
  const auto furthest = tick_ + static_cast<std::int64_t>(kSlots) - 1;
  timer.tick_ = std::clamp(tick_of(timer.deadline_) + 1, tick_ + 1, furthest);
  const std::size_t index = static_cast<std::size_t>(timer.tick_) % kSlots;
  occupied_[index / 64] |= std::uint64_t{1} << index % 64;
  Timer*& slot = slots_[index];
  timer.next_ = slot;
  timer.link_ = &slot;
  if (slot != nullptr) slot->link_ = &timer.next_;
  slot = &timer;
}

void TimerWheel::advance(Instant now) {
  const std::int64_t until = tick_of(now);
  // After a long sleep one turn sees every slot.
  tick_ = std::max(tick_, until - static_cast<std::int64_t>(kSlots));
  while (tick_ < until) {
    ++tick_;
    const std::size_t index = static_cast<std::size_t>(tick_) % kSlots;
    occupied_[index / 64] &= ~(std::uint64_t{1} << index % 64);
    // What settles anew goes to a later slot, so this one empties.
    Timer*& slot = slots_[index];
    while (slot != nullptr) {
      Timer& timer = *slot;
      timer.unlink();
      if (timer.deadline_ == Instant::max()) continue;
      if (timer.deadline_ > now) {
        settle(timer);
        continue;
      }
      timer.deadline_ = Instant::max();
      timer.fire_(timer.owner_);
    }
  }
}

Duration TimerWheel::idle_for(Instant now) const {
  const auto first = static_cast<std::size_t>(tick_ + 1) % kSlots;
  std::size_t ticks = kSlots;  // from the present one to the next that is occupied
  for (std::size_t step = 0; step <= occupied_.size(); ++step) {
    const std::size_t word = (first / 64 + step) % occupied_.size();
    std::uint64_t bits = occupied_[word];
    if (step == 0) bits &= ~std::uint64_t{0} << first % 64;
    if (bits == 0) continue;
    const std::size_t index = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
    ticks = (index + kSlots - first) % kSlots + 1;
    break;
  }
  const Instant due{Duration{(tick_ + static_cast<std::int64_t>(ticks)) << kTickBits}};
  return std::max(due - now, Duration{0});
}

}  // namespace foretide::balancer
