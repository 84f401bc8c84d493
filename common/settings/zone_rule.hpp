// The last line of a time zone file: by which rule clocks go on after its list has ended, as the
// TZ variable of POSIX has it. "CET-1CEST,M3.5.0,M10.5.0/3": an hour east of UTC, and two from the
// last Sunday of March, at 2, until the last of October, at 3. RFC 9636, section 3.3.1.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "common/time_zone.hpp"

namespace foretide::settings {

// When the offset changes in these years, in order; one period for a rule without summer time.
// Nothing when the text is no such rule.
std::optional<std::vector<TimeZone::Period>> periods_of_rule(std::string_view rule,
                                                             std::chrono::year first,
                                                             std::chrono::year last);

}  // namespace foretide::settings
