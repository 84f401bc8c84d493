// Moments as text, as RFC 3339 has them: "2026-11-28T14:05:30Z", with a fraction of a second or an
// offset ("2026-11-28T15:05:30.250+01:00"). A blank may stand for the T (section 5.6). Finer than a
// millisecond is cut off, and a leap second is the second that follows it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/time.hpp"

namespace foretide {

// Nothing for what is no such text, or a day that no calendar has.
std::optional<WallTime> parse_rfc3339(std::string_view text);

std::string rfc3339_text(WallTime time);  // "2026-11-28T14:05:30.250Z"

}  // namespace foretide
