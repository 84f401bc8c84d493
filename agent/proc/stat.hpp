// /proc/stat: the time that all processors together spent, in clock ticks since boot. Guest time is
// part of user time already. Waiting for a disk is idleness: the core could run something else.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/result.hpp"

namespace foretide::agent {

struct CpuTimes {
  std::uint64_t busy_ticks = 0;
  std::uint64_t total_ticks = 0;
  friend bool operator==(const CpuTimes&, const CpuTimes&) = default;
};

Result<CpuTimes> parse_stat(std::string_view bytes);

}  // namespace foretide::agent
