// How long to wait before a worker that ended by itself is started again.
//
// One second after the first end, twice as long after each further one, a minute at most, and up to
// a quarter more by jitter, so that workers which fell together do not all come back together: 1,
// 2, 4, 8, 16, 32, 60, 60 … seconds. Ten healthy minutes wipe the slate, so that a crash a day
// never adds up.
#pragma once

#include <chrono>
#include <cstdint>

#include "common/time.hpp"

namespace foretide::agent {

inline constexpr Duration kFirstBackoff = std::chrono::seconds(1);
inline constexpr Duration kLongestBackoff = std::chrono::seconds(60);
inline constexpr Duration kHealthyAfter = std::chrono::minutes(10);

// `failures` counts ends and failed starts in a row, this one included; `jitter` lies in [0, 1).
Duration backoff_for(std::uint32_t failures, double jitter);

}  // namespace foretide::agent
