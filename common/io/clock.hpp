// This host's two clocks, read by shells only; core code gets what they say as values
// (common/time.hpp).
#pragma once

#include <chrono>

#include "common/time.hpp"

namespace foretide {

inline Instant monotonic_now() {
  return std::chrono::steady_clock::now();
}

inline WallTime wall_now() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace foretide
