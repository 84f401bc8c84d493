// IP addresses as numbers, and ranges of them as people write them: "10.0.0.0/8", "fd00::/8", or
// one address. An IPv4 address and the same one mapped into IPv6 (::ffff:10.0.0.1) are one address,
// so that it does not matter on which kind of socket somebody came.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace foretide {

// 16 bytes as IPv6 has them. An address of any other kind (a unix socket's) is none.
using IpBytes = std::array<std::uint8_t, 16>;

std::optional<IpBytes> ip_bytes_for(const std::string& address);

class IpRange {
 public:
  // Nothing when it is none. Bits beyond the prefix must be zero: 10.1.0.0/8 is a mistake that
  // somebody should hear of.
  static std::optional<IpRange> parse(std::string_view text);

  bool contains(const IpBytes& address) const;

 private:
  IpBytes network_{};
  std::uint8_t bits_ = 0;  // of the 128
};

using IpRanges = std::vector<IpRange>;
bool contain(const IpRanges& ranges, const IpBytes& address);

}  // namespace foretide
