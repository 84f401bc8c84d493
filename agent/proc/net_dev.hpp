// /proc/net/dev: bytes that crossed the host's network interfaces since boot, added up. Left out is
// what would be counted twice or never leaves the host: loopback, and the inner ends of bridges and
// containers.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/result.hpp"

namespace foretide::agent {

struct NetworkBytes {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
  friend bool operator==(const NetworkBytes&, const NetworkBytes&) = default;
};

Result<NetworkBytes> parse_net_dev(std::string_view bytes);

}  // namespace foretide::agent
