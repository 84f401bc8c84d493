// A moment that has passed, as people say it to a command: "14:05" (today, or yesterday where that
// is still to come), "14:05:30", "2026-11-28 14:05", all by this host's clock and time zone; "10m
// ago"; or RFC 3339.
//
// An hour that a change of the clocks takes away or gives twice is what the C library makes of it.
#pragma once

#include <string>

#include "common/result.hpp"
#include "common/time.hpp"

namespace foretide::cli {

Result<WallTime> moment_in(const std::string& text, WallTime now);

// "2026-11-28 14:05:30" in this host's time zone.
std::string local_text(WallTime time);
// The same, with "(yesterday)" behind it where it was: a time of day may have been meant otherwise.
std::string local_text(WallTime time, WallTime now);

}  // namespace foretide::cli
