// A time zone by its name in the time zone database: Europe/Berlin, America/New_York. Read from
// the files that the system keeps (Debian's package tzdata); UTC needs none, so a host without them
// has that one.
#pragma once

#include <string>

#include "common/result.hpp"
#include "common/time_zone.hpp"

namespace foretide::settings {

inline constexpr const char* kZoneFolder = "/usr/share/zoneinfo";

// The error goes on after the name: "..., which is no time zone, did you mean 'Europe/Berlin'?".
Result<TimeZone> zone_named(const std::string& name, const std::string& folder = kZoneFolder);

}  // namespace foretide::settings
