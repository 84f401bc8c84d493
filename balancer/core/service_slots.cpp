#include "balancer/core/service_slots.hpp"

namespace foretide::balancer {

const ServiceSlots::ById& ServiceSlots::apply(const wire::ServiceTable& table) {
  // Copies are made of what stands here, on this thread: where this is the only one, there is none
  // on the way either.
  std::erase_if(slots_, [this](const auto& entry) {
    const auto& slots = entry.second;
    if (slots.use_count() > 1) return false;
    numbers_free_.push_back(slots->number);
    return true;
  });
  for (const auto& entry : table.endpoints) {
    if (entry.state == wire::EndpointState::kGone || slots_.contains(entry.id)) continue;
    auto slots = std::make_shared<Slots>();
    slots->number = free_number();
    slots_.emplace(entry.id, std::move(slots));
  }
  return slots_;
}

std::uint32_t ServiceSlots::free_number() {
  if (numbers_free_.empty()) return static_cast<std::uint32_t>(slots_.size());
  const std::uint32_t number = numbers_free_.back();
  numbers_free_.pop_back();
  return number;
}

}  // namespace foretide::balancer
