#include "coordinator/core/service_record.hpp"

namespace foretide::coordinator {

std::uint32_t ServiceRecord::held() const {
  std::uint32_t sum = 0;
  for (const auto& [balancer, trace] : traffic) sum += trace.counts.held;
  return sum;
}

std::uint32_t ServiceRecord::in_flight() const {
  std::uint32_t sum = 0;
  for (const auto& [balancer, trace] : traffic) sum += trace.counts.in_flight;
  return sum;
}

}  // namespace foretide::coordinator
