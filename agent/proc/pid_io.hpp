// /proc/PID/io: what a process really fetched from and sent to disks (not what caches answered).
// Another user's process shows it only to root.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/result.hpp"

namespace foretide::agent {

struct PidIo {
  std::uint64_t read_bytes = 0;
  std::uint64_t written_bytes = 0;
  friend bool operator==(const PidIo&, const PidIo&) = default;
};

Result<PidIo> parse_pid_io(std::string_view bytes);

}  // namespace foretide::agent
