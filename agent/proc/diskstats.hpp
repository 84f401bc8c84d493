// /proc/diskstats: bytes read from and written to the host's disks since boot. Only whole disks
// count: a partition's traffic is its disk's, and loop, ram, device-mapper and software RAID lie
// above others.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/result.hpp"

namespace foretide::agent {

struct DiskBytes {
  std::uint64_t read = 0;
  std::uint64_t written = 0;
  friend bool operator==(const DiskBytes&, const DiskBytes&) = default;
};

Result<DiskBytes> parse_diskstats(std::string_view bytes);

}  // namespace foretide::agent
