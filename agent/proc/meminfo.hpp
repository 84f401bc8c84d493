// /proc/meminfo: how much memory the host has, and how much of it new work could get (MemAvailable
// counts caches that the kernel would give up). Kernels before 3.14 do not tell the latter.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/result.hpp"

namespace foretide::agent {

struct Memory {
  std::uint64_t total_bytes = 0;
  std::optional<std::uint64_t> available_bytes;
  friend bool operator==(const Memory&, const Memory&) = default;
};

Result<Memory> parse_meminfo(std::string_view bytes);

}  // namespace foretide::agent
