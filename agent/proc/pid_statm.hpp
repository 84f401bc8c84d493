// /proc/PID/statm: how much of a process is in memory, in pages.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/result.hpp"

namespace foretide::agent {

Result<std::uint64_t> parse_pid_statm_resident_pages(std::string_view bytes);

}  // namespace foretide::agent
