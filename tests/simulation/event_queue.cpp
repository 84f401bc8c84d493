#include "tests/simulation/event_queue.hpp"

#include <algorithm>
#include <utility>

namespace foretide::simulation {

void EventQueue::after(Duration delay, What what) {
  const Instant when = now_ + std::max(delay, Duration::zero());
  heap_.push_back({when, next_order_++, std::move(what)});
  std::push_heap(heap_.begin(), heap_.end(), later);
}

bool EventQueue::advance(Instant end) {
  if (heap_.empty() || heap_.front().when > end) {
    now_ = end;
    return false;
  }
  std::pop_heap(heap_.begin(), heap_.end(), later);
  Entry next = std::move(heap_.back());
  heap_.pop_back();
  now_ = next.when;
  next.what();
  return true;
}

}  // namespace foretide::simulation
