// A time zone file of the system, as bytes, made a TimeZone. The format is TZif, RFC 9636: a block
// for readers of 1990, which is skipped, one with 64-bit times, and the rule that goes on after it
// (`zone_rule`). Kept is what holds from 2020 to 2060: at most some hundred periods. The bytes come
// from the system's own package, yet each count in them is checked before it is believed.
#pragma once

#include <string>
#include <string_view>

#include "common/result.hpp"
#include "common/time_zone.hpp"

namespace foretide::settings {

// The error says what is wrong with the bytes, without a name.
Result<TimeZone> zone_in(std::string_view bytes, const std::string& name);

}  // namespace foretide::settings
