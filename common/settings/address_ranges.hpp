// A list of address ranges ("10.0.0.0/8", "fd00::/8", "127.0.0.1") under a key.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/ip_range.hpp"
#include "common/settings/schema.hpp"

namespace foretide::settings {

inline constexpr std::size_t kRangesMost = 256;

inline std::vector<std::string> address_ranges_in(const Section& section, std::string_view key) {
  std::vector<std::string> ranges;
  for (auto& [range, at] : section.texts(key, kRangesMost)) {
    if (!IpRange::parse(range)) {
      section.problems().add(at, "'" + range +
                                     "' is no range of addresses, write for example 10.0.0.0/8, "
                                     "fd00::/8 or 127.0.0.1");
    }
    ranges.push_back(std::move(range));
  }
  return ranges;
}

}  // namespace foretide::settings
