// /proc/PID/stat: what one process is and how much processor time it has used. The command's name
// stands in parentheses and may hold blanks and parentheses itself, so the fields are counted from
// the last closing one. Start time in ticks since boot tells a process from a later one with the
// same pid.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/result.hpp"

namespace foretide::agent {

struct PidStat {
  std::int64_t pid = 0;
  char state = '?';  // Z: ended and not yet reaped; X: being removed
  std::int64_t parent = 0;
  std::int64_t group = 0;
  std::int64_t session = 0;
  std::uint64_t cpu_ticks = 0;  // user and system
  std::uint32_t threads = 0;
  std::uint64_t start_ticks = 0;

  bool is_alive() const { return state != 'Z' && state != 'X' && state != 'x'; }
  friend bool operator==(const PidStat&, const PidStat&) = default;
};

Result<PidStat> parse_pid_stat(std::string_view bytes);

}  // namespace foretide::agent
