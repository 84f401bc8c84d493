#include "agent/core/backoff.hpp"

#include <algorithm>

namespace foretide::agent {

Duration backoff_for(std::uint32_t failures, double jitter) {
  // 2^6 s is past the longest already; the shift stays far from overflow.
  const std::uint32_t doublings = std::min<std::uint32_t>(failures > 0 ? failures - 1 : 0, 6);
  const Duration base = std::min(kFirstBackoff * (1 << doublings), kLongestBackoff);
  const double extra = 0.25 * std::clamp(jitter, 0.0, 1.0) * static_cast<double>(base.count());
  return base + Duration(static_cast<Duration::rep>(extra));
}

}  // namespace foretide::agent
